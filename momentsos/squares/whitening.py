r"""Whitened coordinates: :math:`r = R b` with :math:`G = R^\top R`, the constant monomial last."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from ..polynomials.dyadic import Dyadic
from .form import Form

Floats = NDArray[np.float64]

#: Beyond this condition number, with columns of length one, the monomials count as dependent.
DEPENDENT = 1e14
#: Bits to which the inverse of the root is known, relative to its largest entry.
_BITS = 400


@dataclass(frozen=True, eq=False)
class Whitened:
    r"""A form in coordinates in which it is the unit matrix.

    Attributes
    ----------
    form : Form
    root : (K, K) array
        The upper triangular `R`, in floats.
    root_exact : Dyadic
        The same to more digits than floats have.
    inverse : Dyadic
        Its inverse, to far more digits than floats have.
    ones : (K, K) array
        :math:`R^{-\top} J R^{-1}` over its largest eigenvalue.
    floor : float
        One over that eigenvalue: the bound of the free least-squares problem, each monomial an unknown of its own.
    condition : float
        Of the root, with columns of length one.
    """

    form: Form
    root: Floats
    root_exact: Dyadic
    inverse: Dyadic
    ones: Floats
    floor: float
    condition: float


def whitened(form: Form, root: Floats | None = None) -> Whitened | None:
    """Return the coordinates, None where the monomials are dependent on the data.

    Parameters
    ----------
    form : Form
    root : (K, K) array, optional
        An approximate root; by default the triangular factor of the rows of the form.
    """
    if root is None and len(form.rows) < len(form):
        return None
    given: Floats = np.asarray(np.linalg.qr(form.rows, mode="r")) if root is None else root
    diagonal = np.diag(given)
    if not (np.isfinite(given).all() and (diagonal != 0).all()):
        return None
    root = given * np.sign(diagonal)[:, None]
    singular = np.linalg.svd(root / np.linalg.norm(root, axis=0), compute_uv=False)
    if not singular[0] < DEPENDENT * singular[-1]:
        return None
    near = scipy.linalg.solve_triangular(root, np.eye(len(root)))
    exact = _refined(form.gram, root, near)
    if exact is None:
        return None
    inverse = _inverted(exact, near)
    ones = form.ones.congruent(inverse).floats()
    top = float(np.linalg.eigvalsh(ones)[-1]) if np.isfinite(ones).all() else 0.0
    if not top > 0.0:  # numbers of sizes too different
        return None
    return Whitened(form, root, exact, inverse, ones / top, 1.0 / top, float(singular[0] / singular[-1]))


def _refined(gram: Dyadic, root: Floats, near: Floats) -> Dyadic | None:
    """Return the root to twice the digits and more: with `R` right to first order the next one is to second order."""
    exact = Dyadic.of(root)
    size = np.inf
    for _ in range(5):
        defect = near.T @ (gram - exact.transposed() @ exact).floats() @ near
        before, size = size, float(np.abs(defect).max())
        if not size < 0.1:
            return None
        if size < 1e-28 or size > 0.5 * before:
            break
        step = np.triu(defect, 1) + np.diag(np.diag(defect)) / 2
        exact = exact + Dyadic.of(step @ root)
    return exact


def _inverted(exact: Dyadic, near: Floats) -> Dyadic:
    """Return the inverse by Newton's method."""
    two, found = Dyadic.of(2.0 * np.eye(len(near))), Dyadic.of(near)
    for _ in range(3):
        found = (found @ (two - exact @ found)).rounded(_BITS)
    return found
