"""Which coefficients the data determine: the rank of the map from coefficients to residuals at the optimum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..machine.notebooks import Row
from ..machine.records import Record, brief
from .formulate import Formulation

#: Singular values below this share of the largest count as zero.
NEGLIGIBLE = 1e-8
#: A coefficient that moves no residual by more than this share of the terms of the largest counts as not seen.
ROUNDING = 1e-14
#: A coefficient is named when it has at least this share of an undetermined direction of length one.
_SHARE = 1e-3


@dataclass(frozen=True, eq=False, repr=False)
class Identifiability(Record):
    r"""The singular values of the Jacobian of the residuals, at the learned coefficients.

    With `J` that Jacobian, columns divided by their lengths :math:`\ell_i`, a residual of size `r` leaves the products
    :math:`\ell_i c_i` uncertain by :math:`r / \sigma` along the direction of :math:`\sigma`. Units do not matter.

    Attributes
    ----------
    lengths : (n,) array
        The :math:`\ell_i`; zero where a coefficient changes the residuals by no more than rounding.
    singular_values : (n,) array
        Largest first, zeros where there are fewer residuals than coefficients.
    directions : (n, n) array
        Row `i` is the direction of the coefficients that belongs to the `i`-th singular value.
    rank : int
        How many singular values exceed 1e-8 of the largest.
    undetermined : tuple of str
        The coefficients that can move without moving the residuals, to first order; empty at full rank.
    """

    lengths: NDArray[np.float64]
    singular_values: NDArray[np.float64]
    directions: NDArray[np.float64]
    rank: int
    undetermined: tuple[str, ...]

    @property
    def condition(self) -> float:
        """The largest singular value over the smallest, infinite when the rank is not full."""
        if self.undetermined:
            return float("inf")
        return float(self.singular_values[0] / self.singular_values[-1])

    def _table_rows(self) -> list[Row]:
        return [("in words", str(self)), ("singular values", brief(self.singular_values))]

    def __str__(self) -> str:
        n = len(self.singular_values)
        if not self.undetermined:
            return f"the data determine all {n} coefficients (condition {self.condition:.1e})"
        names = ", ".join(self.undetermined)
        return f"the data determine only {self.rank} of {n} directions: {names} can move without changing the residuals"


def identifiability(formulation: Formulation, point: NDArray[np.float64]) -> Identifiability:
    """Return which coefficients the residuals of `formulation` determine at a point of its problem."""
    coefficients = np.asarray(point[: formulation.n_coefficients])
    evaluator = formulation.evaluator
    jacobian = evaluator.jacobian(coefficients)
    norms = np.linalg.norm(jacobian, axis=0)
    seen = norms * np.maximum(1.0, np.abs(coefficients)) > ROUNDING * evaluator.sizes(coefficients).max()
    jacobian = jacobian / np.where(seen, norms, np.inf)  # a column that is rounding counts as zero
    _, found, directions = np.linalg.svd(jacobian, full_matrices=True)
    values = np.zeros(len(coefficients))
    values[: len(found)] = found
    rank = int((values > NEGLIGIBLE * values[0]).sum()) if values[0] > 0 else 0
    weight = np.sqrt((directions[rank:] ** 2).sum(axis=0)) if rank < len(values) else np.zeros(len(values))
    names = formulation.network.unknowns.names
    undetermined = tuple(name for name, share in zip(names, weight, strict=True) if share > _SHARE)
    return Identifiability(np.where(seen, norms, 0.0), values, directions, rank, undetermined)
