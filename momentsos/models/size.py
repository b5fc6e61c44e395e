"""What the bound for some activations takes, from the monomials of the outputs alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ProblemTooLarge
from ..machine.records import Record
from ..squares.products import Products
from .model import Model
from .slices import Monomials
from .sought import Sought

#: Monomials up to which products are counted.
_COUNTED = 700
#: Seconds of processor time for a thousand products, and how they grow with these: measured, see `benchmarks models`.
_SECONDS, _GROWTH = 3.0, 2.5


@dataclass(frozen=True, eq=False, repr=False)
class Predicted(Record):
    """The size of a bound's program.

    Attributes
    ----------
    coefficients : int
        That are sought.
    monomials : int or None
        Of the outputs; None where they are too many to be listed.
    block : int or None
        The size of the Gram matrix: monomials that no sample changes are at most as many as outputs.
    products : int or None
        Of two of these: the unknowns of the program. None where they are too many to be counted.
    """

    coefficients: int
    monomials: int | None
    block: int | None
    products: int | None

    @property
    def seconds(self) -> float:
        """About how long the bound takes, infinite where it is out of reach."""
        return float("inf") if self.products is None else _SECONDS * (self.products / 1_000) ** _GROWTH


def predicted_for(model: Model, sample: NDArray[Any], sought: Sought) -> Predicted:
    """Return the size for the unknowns of a model, from one sample of any numbers."""
    try:
        monomials, values = next(model.expanded(sample, sought))
    except ProblemTooLarge:
        return Predicted(sought.count, None, None, None)
    return predicted(monomials, values.shape[2])


def predicted(monomials: Monomials, outputs: int) -> Predicted:
    """Return the size for the monomials of so many outputs.

    Where more monomials than outputs see no data, they count as so many: polynomials of them take their place.
    """
    alone = monomials.fixed.copy()
    alone[0] = False
    spare = max(0, int(alone.sum()) - outputs)
    block = len(monomials) - spare
    coefficients = int((monomials.exponents.max(axis=0) > 0).sum())
    if block > _COUNTED:
        return Predicted(coefficients, len(monomials), block, None)
    kept = np.ones(len(monomials), dtype=np.bool_)
    kept[np.flatnonzero(alone)[: spare or 0]] = False
    return Predicted(coefficients, len(monomials), block, len(Products.of(monomials.exponents[kept])))
