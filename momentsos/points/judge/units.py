r"""Natural units of the variables: those in which the terms of each polynomial have nearly the same size.

Least squares on logarithms, with a slight pull towards units of one and a constant of its own for each polynomial:

.. math::

    \min_{\sigma, \mu} \sum_p \sum_\alpha (\log|c_{p\alpha}| + \alpha^\top \sigma - \mu_p)^2
    + \epsilon^2 \sum_i \sigma_i^2, \qquad u_i = e^{\sigma_i} .

The matrix is sparse where monomials have few variables, and is never formed otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import lsqr

from .forms import Form
from .records import Floats

#: The weight that keeps a variable at one where no term says otherwise.
_PULL = 1e-3
#: Variables up to which the normal equations are solved densely.
_FEW = 60
#: Units are kept within these, so that products of few do not leave the range of floats.
_SMALLEST, _LARGEST = 1e-30, 1e30


def natural_units(forms: Sequence[Form], n: int) -> Floats:
    """Return the units, shape (n,)."""
    if not forms:
        return np.ones(n)
    rows = np.concatenate([form.exponents for form in forms])
    counts = np.array([len(form.exponents) for form in forms])
    with np.errstate(divide="ignore"):
        logs = np.concatenate([np.log(np.abs(form.floats)) for form in forms])
    logs = np.maximum(logs, -700.0)
    owner = np.repeat(np.arange(len(forms)), counts)
    begins = np.cumsum(counts) - counts
    centred = logs - (np.add.reduceat(logs, begins) / counts)[owner]
    if n <= _FEW:
        means = np.add.reduceat(rows, begins, axis=0) / counts[:, None]
        spread = rows - means[owner]
        sigma = -np.linalg.solve(spread.T @ spread + _PULL**2 * np.eye(n), spread.T @ centred)
    else:
        own = sp.csr_array((np.ones(len(owner)), (np.arange(len(owner)), owner)))
        system = sp.hstack([sp.csr_array(rows, dtype=float), -own], format="csr")
        sigma = -lsqr(system, logs, damp=_PULL, atol=1e-3, btol=1e-3, iter_lim=100)[0][:n]
    return np.exp(np.clip(sigma, np.log(_SMALLEST), np.log(_LARGEST)))
