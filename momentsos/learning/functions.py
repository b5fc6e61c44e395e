r"""Layers whose elements are any functions: their inputs are data, so their values are numbers.

An output :math:`\sum_i c_i \phi_i(t)` is affine in the coefficients, and samples change its values only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidInput
from ..machine.checks import converted, real_array, shown
from ..polynomials.exponents import Exponents
from .layers import UnitPolynomials, Workspace

Floats = NDArray[np.float64]


def values_of(function: Callable[[Any], Any], inputs: Floats) -> Floats:
    """Return the values of a function of the user's at an array.

    Raises
    ------
    InvalidInput
        What it raises itself, values of another shape, values that are not finite.
    """
    name = f"the function {shown(function)}"
    values = real_array(converted(function, inputs.copy(), name, "a function of an array"), name)
    if values.shape != inputs.shape or not np.isfinite(values).all():
        raise InvalidInput(
            f"{name}: expected finite values in the shape of its argument, {inputs.shape}, got shape {values.shape}"
        )
    return values


@dataclass(frozen=True, eq=False)
class FunctionLayer:
    """The plan of a layer of functions; it answers what `momentsos.learning.layers.Layer` answers.

    Attributes
    ----------
    functions : tuple of functions
    exponents : (terms, n) integer array
        The constant monomial, where coefficients have constant parts, and the unknowns.
    mix : (terms, units, functions) array
        The weight of each function in each term.
    shared : UnitPolynomials
        What samples do not change: nothing.
    """

    functions: tuple[Callable[[Any], Any], ...]
    exponents: Exponents
    mix: Floats
    shared: UnitPolynomials

    bare: ClassVar[bool] = False

    @classmethod
    def of(cls, functions: Sequence[Callable[[Any], Any]], units: int, forms: Floats) -> FunctionLayer:
        """Plan the layer; `forms` as in `Activation.plan`."""
        n = forms.shape[-1] - 1
        every = np.broadcast_to(forms, (units, *forms.shape[-2:])) if forms.ndim == 2 else forms
        mix = np.moveaxis(every, -1, 0)[[n, *range(n)]]  # the constant monomial is the first in graded order
        rows = np.eye(n + 1, n, -1, dtype=np.int64)
        used = [k for k in range(n + 1) if mix[k].any()]
        nothing = UnitPolynomials(rows[:1], np.zeros((1, units)))
        return cls(tuple(functions), rows[used], np.ascontiguousarray(mix[used]), nothing)

    def apply(self, values: Floats, space: Workspace) -> Floats:
        """Return the output, shape (terms, units, samples), from the inputs, shape (1, units, samples)."""
        result = space.array(self, (len(self.exponents), *values.shape[1:]))
        found = np.stack([values_of(function, values[0].T).T for function in self.functions])
        np.einsum("tuf,fus->tus", self.mix, found, out=result)
        return result

    def sums(self, values: Floats, space: Workspace) -> list[Floats]:
        """Return the output summed over the samples, (terms, units)."""
        return [self.apply(values, space).sum(axis=2)]

    def begin(self) -> list[Floats]:
        """Return sums of no samples."""
        return [np.zeros(self.mix.shape[:2])]

    def total(self, samples: int, sums: Sequence[Floats], until: float = math.inf) -> UnitPolynomials:
        """Return the whole output summed over the samples."""
        return UnitPolynomials.sum_of([(self.shared.exponents, self.shared.values), (self.exponents, sums[0])])
