"""One activation: which coefficients it has, what they make of an input, and how that is planned as a polynomial."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidInput
from ..machine.mappings import ReadOnly
from ..machine.notebooks import Row
from ..machine.records import Record, brief
from ..polynomials.exponents import Exponents
from . import declared
from .bases import BASES, elements_as_powers, values_in
from .functions import FunctionLayer, values_of
from .layers import Layer, UnitPolynomials, forms_as_polynomials
from .unknowns import Coefficient, LayerCoefficients, Limit

Floats = NDArray[np.float64]
Function = Callable[[Any], Any]

#: What the interval of a basis is where none is stated: that of the basis itself.
_OWN = (-1.0, 1.0)


@dataclass(frozen=True, eq=False, repr=False)
class Activation(Record):
    r"""An activation :math:`p(t) = \sum_i c_i \phi_i(t)` with learned coefficients, or one fixed shape.

    Nothing else is asked of an activation than what is here: `Unknowns` numbers its coefficients, the network takes
    its values, the expansion its plan, and a plot its title.

    Parameters
    ----------
    degree : int, optional
        All elements of the basis up to this degree, at least 1.
    powers : sequence of int, optional
        The elements of the basis that there are, in place of `degree`; all others have the coefficient 0.
    basis : str or sequence of functions
        ``"monomials"``, ``"chebyshev"``, ``"legendre"``, ``"hermite"`` (those of probability); or any functions of an
        array, ``[np.tanh, np.sin]``, in the first layer that is learned: its inputs are data.
    interval : (float, float) or "data", optional
        Where the basis lives: the elements are those of :math:`s = (2t - a - b)/(b - a)`. ``"data"`` stands for the
        range of the inputs of the first learned layer (mean ± deviation for ``"hermite"``), which `learn` fills in.
        By default `t` itself.
    fixed : mapping from int to float
        Coefficients that are not learned, by place.
    bounds : mapping from int to (float or None, float or None)
        Least and largest value of coefficients, by place.
    constraints : sequence of (mapping from int to float, (float or None, float or None))
        Weights of coefficients, by place, and the limits of their sum; equal limits make an equation.
    per_unit : bool
        Whether each unit of the layer has coefficients of its own; then they are an array of shape (units, places).
    shape : function, optional
        A fixed activation in place of all else, where it stands before the first layer that is learned.

    Raises
    ------
    InvalidInput
        A power that occurs twice, a fixed coefficient outside of its bounds, and all else that makes no sense.

    Notes
    -----
    Coefficients are those of the basis, in ascending order from element 0 on; what `powers` leaves out is a zero among
    them. For monomials without an interval they are the ascending powers of `t`, and `powers_of` returns those of any
    basis.

    Examples
    --------
    >>> import numpy as np, momentsos as ms
    >>> odd = ms.Activation(powers=(1, 3))
    >>> odd.at(np.array([2.0]), np.array([0.0, 1.0, 0.0, 4.0])).tolist()
    [34.0]
    """

    degree: int | None = None
    powers: tuple[int, ...] | None = None
    basis: str | tuple[Function, ...] = "monomials"
    interval: tuple[float, float] | str | None = None
    fixed: Mapping[int, float] = field(default_factory=ReadOnly)
    bounds: Mapping[int, tuple[float | None, float | None]] = field(default_factory=ReadOnly)
    constraints: tuple[Limit, ...] = ()
    per_unit: bool = False
    shape: Function | None = None

    def __post_init__(self) -> None:
        for name, value in declared.checked(self).items():
            object.__setattr__(self, name, value)

    def _table_rows(self) -> list[Row]:
        held = [(name, dict(getattr(self, name))) for name in ("fixed", "bounds")]
        return [
            ("kind", self.title),
            ("interval", self.interval),
            *((name, brief(tuple(own.items()))) for name, own in held if own),
            ("constraints", brief(self.constraints) if self.constraints else None),
            ("coefficients", "its own for each unit" if self.per_unit else "shared by the units"),
        ]

    @property
    def is_polynomial(self) -> bool:
        """Whether it is a polynomial, whatever its coefficients are."""
        return self.shape is None and isinstance(self.basis, str)

    @property
    def size(self) -> int:
        """How many coefficients one unit has, those that are fixed among them."""
        if self.shape is not None:
            return 0
        return len(self.basis) if self.degree is None else self.degree + 1

    @property
    def free(self) -> tuple[int, ...]:
        """The places of the coefficients that are learned."""
        listed = () if self.shape is not None else self.powers or range(self.size)
        return tuple(place for place in listed if place not in self.fixed)

    @property
    def row(self) -> tuple[Coefficient, ...]:
        """The coefficients of one unit, in ascending order."""
        free = set(self.free)
        return tuple(Coefficient(str(i), None if i in free else self.fixed.get(i, 0.0)) for i in range(self.size))

    def coefficients(self, units: int, values: tuple[tuple[int, int, float], ...] = ()) -> LayerCoefficients:
        """Return the coefficients of a layer of so many units; `values` fixes single ones besides."""
        limits = (*(({place: 1.0}, limits) for place, limits in self.bounds.items()), *self.constraints)
        return LayerCoefficients(self.row, units if self.per_unit else None, limits, values)

    @property
    def title(self) -> str:
        """What kind of function it is, in a few words."""
        if self.shape is not None:
            return declared.name_of(self.shape)
        if not isinstance(self.basis, str):
            return ", ".join(map(declared.name_of, self.basis))
        assert self.degree is not None and self.powers is not None
        whole = self.powers == tuple(range(self.degree + 1))
        kind = "" if self.basis == "monomials" else f"{self.basis}, "
        return f"{kind}degree {self.degree}" if whole else f"{kind}powers {', '.join(map(str, self.powers))}"

    @property
    def elements(self) -> Floats:
        """The elements of the basis as ascending powers of `t`, one a column.

        Raises
        ------
        InvalidInput
            The activation is no polynomial, or its interval is still to be read off data.
        """
        if not self.is_polynomial or self.degree is None:
            raise InvalidInput(f"{self.title}: this activation is no polynomial")
        return elements_as_powers(str(self.basis), self.degree, self._stated)

    def powers_of(self, coefficients: Floats) -> Floats:
        """Return coefficients in ascending powers of `t`, in the shape of those of the basis."""
        given = np.asarray(coefficients, dtype=np.float64)
        return given if self.are_powers else given @ self.elements.T

    @property
    def are_powers(self) -> bool:
        """Whether the elements are the powers of `t` themselves."""
        return self.basis == "monomials" and self.interval in (None, _OWN)

    @property
    def _stated(self) -> tuple[float, float]:
        if isinstance(self.interval, str):
            raise InvalidInput(f"interval={self.interval!r}: no data were seen yet; learn, or state the interval")
        return _OWN if self.interval is None else self.interval

    def on(self, inputs: Floats) -> Activation:
        """Return the activation with the interval of these inputs in place of ``"data"``."""
        if self.interval != "data":
            return self
        middle, half = 0.5 * (inputs.max() + inputs.min()), 0.5 * (inputs.max() - inputs.min())
        if BASES[str(self.basis)].deviations:
            middle, half = inputs.mean(), inputs.std()
        half = half if half > 0.0 else max(1.0, abs(middle))
        return replace(self, interval=(float(middle - half), float(middle + half)))

    def at(self, inputs: Floats, coefficients: Floats) -> Floats:
        """Return the values, in the shape of `inputs`, whose last axis are the units."""
        if self.shape is not None:
            return values_of(self.shape, inputs)
        given = np.asarray(coefficients, dtype=np.float64)
        if not isinstance(self.basis, str):
            found = np.stack([values_of(function, inputs) for function in self.basis], axis=-1)
            return np.asarray((found * given).sum(axis=-1))
        return values_in(self.basis, inputs, given, self._stated)

    def plan(
        self,
        shared: UnitPolynomials | None,
        varying: Exponents,
        units: int,
        forms: Floats,
        until: float = math.inf,
    ) -> Layer | FunctionLayer:
        """Plan the values as polynomials in the unknowns; see `momentsos.learning.layers`.

        Parameters
        ----------
        shared : UnitPolynomials or None
            What samples do not change in the inputs; None where it is zero.
        varying : (terms, n) integer array
            The monomials of what they change.
        units : int
        forms : (places, n + 1) array or (units, places, n + 1) array
            The coefficients, from `Unknowns.forms`.
        until : float
            When the time is over, by `time.perf_counter`.
        """
        if not isinstance(self.basis, str):
            return FunctionLayer.of(self.basis, units, forms)
        in_powers = forms if self.are_powers else np.einsum("pi,...ij->...pj", self.elements, forms)
        return Layer.of(shared, varying, units, forms_as_polynomials(in_powers, units), until)


def of_degrees(degrees: Sequence[int]) -> tuple[Activation, ...]:
    """Return the polynomials of these degrees with all coefficients learned; the network fixes what is redundant."""
    return tuple(Activation(degree) for degree in degrees)
