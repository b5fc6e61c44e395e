r"""Fewer residuals than monomials: a definite matrix `G` of the same polynomial takes the place of :math:`A^\top A`.

The most definite one, with monomials in units of their columns, is the answer to
:math:`\max \lambda` subject to :math:`A^\top A + N - \lambda D^2 \succeq 0` over the syzygies `N`. It exists unless the
sum of squares vanishes at a point, or at infinity, or in pseudo-moments.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..polynomials.dyadic import Dyadic
from .form import Form
from .interior import solved
from .moments import CentredMoments
from .pairs import Pairs
from .products import Products

Floats = NDArray[np.float64]

#: The least eigenvalue, in units of the columns, from which a matrix counts as definite.
_LEAST = 1e-10


def definite(form: Form, products: Products, until: float = np.inf) -> tuple[Form, Floats] | None:
    """Return the form with a definite matrix and a triangular root of it in floats, None where there is none."""
    near = form.gram.floats()
    lengths = 2.0 ** np.round(np.log2(np.sqrt(np.maximum(np.diag(near), np.finfo(float).tiny))))
    root = np.diag(lengths)
    scale = Dyadic.of(root)
    start = near / np.outer(lengths, lengths) + np.eye(len(form))
    moments = CentredMoments.plain(root, products)

    def gram(x: Floats, share: float) -> Dyadic:
        return Dyadic.of((x + x.T) / 2 + share * np.eye(len(form))).congruent(scale)

    def missing(x: Floats, share: float) -> Floats:
        return moments.equations(products.coefficients(form.gram - gram(x, share)))

    with np.errstate(all="ignore"):
        answer = solved(moments, np.eye(len(form)), missing, start, -1.0, until)
    if not answer.rho > _LEAST:
        return None
    found = gram(answer.gram, answer.rho)
    exact = found + Pairs(products, Dyadic.of(np.diag(1.0 / lengths))).spread(products.coefficients(form.gram - found))
    try:
        factor = np.linalg.cholesky(exact.floats() / np.outer(lengths, lengths))
    except np.linalg.LinAlgError:
        return None
    return replace(form, gram=exact), factor.T * lengths
