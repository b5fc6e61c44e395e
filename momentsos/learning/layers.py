r"""One layer of a network on polynomials in the coefficients, split into what samples change and what they do not.

A layer's input is :math:`F + Y`: `F` has the same values for all samples (what constant terms and biases make), `Y` one
for each sample. Its output is :math:`\sum_p c_p (F + Y)^p = \sum_k G_k Y^k` with :math:`G_k = \sum_{p \ge k}
\binom{p}{k} c_p F^{p-k}`. The :math:`G_k` depend on the network alone and are formed once; for each sample only powers
of `Y` are left, and of the last layer only their sums over the samples.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..machine.clock import refuse_if_late
from ..polynomials.exponents import Exponents, unique_rows

Floats = NDArray[np.float64]
#: Rows of a product after which the clock is looked at.
_LOOKS = 256
#: Sums of exponents that are merged in one step, between two looks at the clock.
_SUMS = 2**16
_DOING = "the network was expanded"


class Workspace:
    """Arrays that are used again for every chunk of samples: mapping new memory costs more than the arithmetic.

    Parameters
    ----------
    until : float
        When the time for filling them is over, by `time.perf_counter`.
    """

    def __init__(self, until: float = math.inf) -> None:
        self._known: dict[object, Floats] = {}
        self._until = until

    def refuse_if_late(self) -> None:
        """Raise `ProblemTooLarge` where the time is over."""
        refuse_if_late(self._until, _DOING)

    def array(self, key: object, shape: tuple[int, ...]) -> Floats:
        """Return the array of that key, with whatever it holds."""
        if key not in self._known or self._known[key].shape != shape:
            self._known[key] = np.empty(shape)
        return self._known[key]


def distinct_sums(
    pairs: Sequence[tuple[Exponents, Exponents]], until: float = math.inf
) -> tuple[Exponents, list[NDArray[np.intp]]]:
    """Return the exponents of products of monomials: all sums of a row of the one and a row of the other list.

    Long lists are merged in parts, so that no step takes long and the sums themselves are never held at once.

    Parameters
    ----------
    pairs : sequence of two (rows, n) integer arrays
        At least one.
    until : float
        When the time is over, by `time.perf_counter`.

    Returns
    -------
    rows : (terms, n) integer array
        The distinct sums, in graded order.
    places : list of (rows of the one, rows of the other) integer arrays
        Which of them each sum is, for each pair.

    Raises
    ------
    ProblemTooLarge
        When the time is over.
    """
    n = pairs[0][0].shape[1]
    if sum(len(left) * len(right) for left, right in pairs) <= _SUMS:
        refuse_if_late(until, _DOING)
        rows, place = unique_rows(np.concatenate([(a[:, None, :] + b[None, :, :]).reshape(-1, n) for a, b in pairs]))
        parts, places, merged = [rows], [place], np.arange(len(rows))
    else:
        found = [
            unique_rows((left[begin : begin + step, None, :] + right[None, :, :]).reshape(-1, n))
            for left, right in pairs
            for step in [max(1, _SUMS // max(1, len(right)))]
            for begin in range(0, len(left), step)
            if in_time(until)
        ]
        parts, places = [rows for rows, _ in found], [place for _, place in found]
        refuse_if_late(until, _DOING)
        rows, merged = unique_rows(np.concatenate(parts))
    begins = np.cumsum([0, *(len(part) for part in parts)])
    every = np.concatenate([merged[begin + place] for begin, place in zip(begins[:-1], places, strict=True)])
    ends = np.cumsum([len(left) * len(right) for left, right in pairs])
    shaped = zip(np.split(every, ends[:-1]), pairs, strict=True)
    return rows, [place.reshape(len(left), len(right)) for place, (left, right) in shaped]


def in_time(until: float) -> bool:
    """Raise `ProblemTooLarge` where the time is over, else return True."""
    refuse_if_late(until, _DOING)
    return True


@dataclass(frozen=True, eq=False)
class UnitPolynomials:
    """One polynomial a unit of a layer, over one list of monomials.

    Attributes
    ----------
    exponents : (terms, n) integer array
        Distinct rows in graded order.
    values : (terms, units) array
    """

    exponents: Exponents
    values: Floats

    @classmethod
    def sum_of(cls, parts: Sequence[tuple[Exponents, Floats]]) -> UnitPolynomials:
        """Add up terms, given as exponents and values; like ones may occur more than once."""
        rows, index = unique_rows(np.concatenate([exponents for exponents, _ in parts]))
        total = np.zeros((len(rows), parts[0][1].shape[1]))
        np.add.at(total, index, np.concatenate([values for _, values in parts]))
        return cls(rows, total)

    def times(self, other: UnitPolynomials, until: float = math.inf) -> UnitPolynomials:
        """Return the product, unit by unit; `ProblemTooLarge` is raised when the time is over."""
        rows, (places,) = distinct_sums([(self.exponents, other.exponents)], until)
        total = np.zeros((len(rows), self.values.shape[1]))
        for place, values in zip(places, self.values, strict=True):
            refuse_if_late(until, _DOING)
            total[place] += values * other.values  # the products of one term with distinct others are distinct
        return UnitPolynomials(rows, total)


@dataclass(frozen=True, eq=False)
class Product:
    """Which products of terms of two polynomials fall on which monomial.

    Attributes
    ----------
    exponents : (terms, n) integer array
    pairs : tuple of (target, left, right, weight)
        Of two products that are equal, one is listed with weight 2.
    """

    exponents: Exponents
    pairs: tuple[tuple[int, int, int, float], ...]

    @classmethod
    def of(cls, left: Exponents, right: Exponents, until: float = math.inf) -> Product:
        """Plan the product; `left` and `right` are the same array for a square.

        Raises
        ------
        ProblemTooLarge
            It is not planned when the time is over (`until`, by `time.perf_counter`).
        """
        rows, (places,) = distinct_sums([(left, right)], until)
        square = left is right
        pairs: list[tuple[int, int, int, float]] = []
        for i, row in enumerate(places.tolist()):
            if not i % _LOOKS:
                refuse_if_late(until, _DOING)
            begin = i if square else 0
            pairs += [(row[j], i, j, 2.0 if square and i < j else 1.0) for j in range(begin, len(right))]
        return cls(rows, tuple(pairs))

    def form(self, left: Floats, right: Floats, space: Workspace) -> Floats:
        """Return the product, shape (terms, units, samples)."""
        result, begun = space.array(self, (len(self.exponents), *left.shape[1:])), set()
        scratch = space.array("scratch", left.shape[1:])
        for number, (target, i, j, weight) in enumerate(self.pairs):
            if not number % _LOOKS:
                space.refuse_if_late()
            part = scratch if target in begun else result[target]
            np.multiply(left[i], right[j], out=part)
            if weight != 1.0:
                part *= weight
            if target in begun:
                result[target] += part
            begun.add(target)
        return result

    def summed(self, left: Floats, right: Floats, space: Workspace) -> Floats:
        """Return the product summed over the samples, shape (terms, units); it is not formed."""
        total = np.zeros((len(self.exponents), left.shape[1]))
        for number, (target, i, j, weight) in enumerate(self.pairs):
            if not number % _LOOKS:
                space.refuse_if_late()
            total[target] += weight * np.vecdot(left[i], right[j])
        return total


@dataclass(frozen=True, eq=False)
class Layer:
    """The plan of one activation; see the module.

    Attributes
    ----------
    powers : tuple of integer arrays
        The monomials of :math:`Y^k`, for k = 1, …, d.
    products : tuple of Product
        From :math:`Y^{k-1}` to :math:`Y^k`, for k = 2, …, d.
    multipliers : tuple of UnitPolynomials
        The :math:`G_k`, for k = 0, …, d.
    exponents : (terms, n) integer array
        The monomials of that part of the output which the samples change.
    places : tuple of (terms of G_k, terms of Y^k) integer arrays
        Where their products are in it, for k = 1, …, d.
    bare : bool
        Whether the values of that part are the powers of `Y` themselves, one a monomial and in order.
    """

    powers: tuple[Exponents, ...]
    products: tuple[Product, ...]
    multipliers: tuple[UnitPolynomials, ...]
    exponents: Exponents
    places: tuple[NDArray[np.intp], ...]
    bare: bool

    @classmethod
    def of(
        cls,
        shared: UnitPolynomials | None,
        varying: Exponents,
        units: int,
        coefficients: Sequence[UnitPolynomials],
        until: float = math.inf,
    ) -> Layer:
        """Plan the layer.

        Parameters
        ----------
        shared : UnitPolynomials or None
            The `F`; None where it is zero.
        varying : (terms, n) integer array
            The monomials of `Y`.
        units : int
        coefficients : sequence of UnitPolynomials
            The :math:`c_p` for p = 0, …, d, as polynomials in the unknowns.
        until : float
            When the time is over, by `time.perf_counter`; `ProblemTooLarge` is raised then.
        """
        degree = len(coefficients) - 1
        powers, products = [varying], []
        for _ in range(2, degree + 1):
            products.append(Product.of(powers[-1], varying, until))
            powers.append(products[-1].exponents)
        multipliers = tuple(_multiplier(k, shared, units, coefficients, until) for k in range(degree + 1))
        sums = [(g.exponents, rows) for g, rows in zip(multipliers[1:], powers, strict=True)]
        exponents, places = distinct_sums(sums, until)
        index = np.concatenate([place.reshape(-1) for place in places])
        bare = np.array_equal(index, np.arange(degree)) and all((g.values == 1.0).all() for g in multipliers[1:])
        return cls(tuple(powers), tuple(products), multipliers, exponents, tuple(places), bare)

    def apply(self, values: Floats, space: Workspace) -> Floats:
        """Return what the samples change in the output, shape (terms, units, samples), from `Y` of the same kind."""
        result, begun = space.array(self, (len(self.exponents), *values.shape[1:])), set()
        scratch = space.array("scratch", values.shape[1:])
        power = values
        for k, (g, places) in enumerate(zip(self.multipliers[1:], self.places, strict=True), start=1):
            power = self.products[k - 2].form(power, values, space) if k > 1 else values
            for row, numbers in zip(places.tolist(), g.values, strict=True):
                space.refuse_if_late()
                for place, term in zip(row, power, strict=True):
                    np.multiply(numbers[:, None], term, out=scratch if place in begun else result[place])
                    if place in begun:
                        result[place] += scratch
                    begun.add(place)
        return result

    @property
    def shared(self) -> UnitPolynomials:
        """What samples do not change in the output."""
        return self.multipliers[0]

    def begin(self) -> list[Floats]:
        """Return sums of powers over no samples."""
        units = self.multipliers[0].values.shape[1]
        return [np.zeros((len(rows), units)) for rows in self.powers]

    def sums(self, values: Floats, space: Workspace) -> list[Floats]:
        """Return the powers of `Y` summed over the samples, each (terms, units); the last one is not formed."""
        sums, power = [values.sum(axis=2)], values
        for product in self.products[:-1]:
            power = product.form(power, values, space)
            sums.append(power.sum(axis=2))
        return [*sums, self.products[-1].summed(power, values, space)] if self.products else sums

    def total(self, samples: int, sums: Sequence[Floats], until: float = math.inf) -> UnitPolynomials:
        """Return the whole output summed over the samples, from the sums of powers over them, while there is time."""
        parts = [(self.multipliers[0].exponents, samples * self.multipliers[0].values)]
        for g, rows, power in zip(self.multipliers[1:], self.powers, sums, strict=True):
            product = g.times(UnitPolynomials(rows, power), until)
            parts.append((product.exponents, product.values))
        return UnitPolynomials.sum_of(parts)


def forms_as_polynomials(forms: Floats, units: int) -> list[UnitPolynomials]:
    """Return affine forms in the unknowns as polynomials, one for each power.

    Parameters
    ----------
    forms : (powers, n + 1) array or (units, powers, n + 1) array
        Weights of the unknowns and, last, the constant.
    units : int
    """
    n = forms.shape[-1] - 1
    every = np.broadcast_to(forms, (units, *forms.shape[-2:]))
    terms = np.moveaxis(every, 0, -1)[:, [n, *range(n)]]  # (powers, the constant and the unknowns, units)
    rows = np.eye(n + 1, n, -1, dtype=np.int64)
    used = [np.flatnonzero(own.any(axis=1)) for own in terms]
    return [UnitPolynomials(rows[keep], own[keep]) for keep, own in zip(used, terms, strict=True)]


def _multiplier(
    k: int, shared: UnitPolynomials | None, units: int, coefficients: Sequence[UnitPolynomials], until: float
) -> UnitPolynomials:
    """Return :math:`G_k`, without terms where it is zero; k = 0 has the constant monomial too, for a bias to come."""
    one = UnitPolynomials(np.zeros((1, coefficients[0].exponents.shape[1]), dtype=np.int64), np.ones((1, units)))
    parts = [(one.exponents, 0.0 * one.values)] if k == 0 else []
    power = one
    for p in range(k, len(coefficients)):
        own = coefficients[p]
        if len(own.exponents) == 1:
            parts.append((power.exponents + own.exponents, math.comb(p, k) * own.values * power.values))
        elif len(own.exponents):
            product = own.times(power)
            parts.append((product.exponents, math.comb(p, k) * product.values))
        if shared is None:
            break
        power = power.times(shared, until)
    return UnitPolynomials.sum_of(parts) if parts else UnitPolynomials(one.exponents[:0], one.values[:0])
