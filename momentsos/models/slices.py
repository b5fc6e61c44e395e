"""The state of a model as a polynomial in the unknowns: one slice of an array for each monomial.

The arrays are NumPy's or torch's, of shape ``(terms, samples, ...)``: only indexing, arithmetic and a function that
makes zeros are used. Which products fall on which monomial is planned once for each place in the model, not for each
chunk of samples.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ProblemTooLarge
from ..polynomials.exponents import Exponents, unique_rows
from .sought import Ansatz

#: Pairs of monomials of a product at most.
_PAIRS = 500_000
Places = NDArray[np.intp]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Monomials:
    """The monomials of a state, in graded order, the constant first.

    Attributes
    ----------
    exponents : (terms, n) integer array
    fixed : (terms,) array of truth values
        Whether, by structure, a slice has the same values for all samples.
    """

    exponents: Exponents
    fixed: Flags

    @classmethod
    def constant(cls, count: int, fixed: bool) -> Monomials:
        """The constant alone, in so many unknowns."""
        return cls(np.zeros((1, count), dtype=np.int64), np.array([fixed]))

    def __len__(self) -> int:
        return len(self.exponents)

    @classmethod
    def union(cls, parts: Sequence[Monomials]) -> tuple[Monomials, list[Places]]:
        """Return all monomials of several states, and where those of each are among them."""
        rows, place = unique_rows(np.concatenate([part.exponents for part in parts]))
        fixed = np.ones(len(rows), dtype=np.bool_)
        np.logical_and.at(fixed, place, np.concatenate([part.fixed for part in parts]))
        ends = np.cumsum([len(part) for part in parts])[:-1]
        return cls(rows, fixed), np.split(place.copy(), ends)  # torch takes no array that cannot be written to

    def times(self, other: Monomials, most: int | None = None) -> tuple[Monomials, Places]:
        """Return the monomials of a product up to a total degree, and where each pair falls, -1 for what is dropped.

        Raises
        ------
        ProblemTooLarge
            There are more than half a million pairs.
        """
        if len(self) * len(other) > _PAIRS:
            size = 8 * len(self) * len(other) * self.exponents.shape[1]
            raise ProblemTooLarge(f"{len(self)} times {len(other)} monomials of a model: take lower degrees", size, 0)
        sums = self.exponents[:, None, :] + other.exponents[None, :, :]
        pairs = (self.fixed[:, None] & other.fixed[None, :]).reshape(-1)
        flat = sums.reshape(-1, sums.shape[2])
        kept = np.ones(len(flat), dtype=np.bool_) if most is None else flat.sum(axis=1) <= most
        rows, place = unique_rows(flat[kept])
        fixed = np.ones(len(rows), dtype=np.bool_)
        np.logical_and.at(fixed, place, pairs[kept])
        where = np.full(len(flat), -1, dtype=np.intp)
        where[kept] = place
        return Monomials(rows, fixed), where.reshape(len(self), len(other))

    def scaled(self, unknown: int, most: int | None = None) -> tuple[Monomials, Places]:
        """Return the monomials times one unknown, and which of the old ones they come from."""
        rows = self.exponents.copy()
        rows[:, unknown] += 1
        kept = np.arange(len(rows)) if most is None else np.flatnonzero(rows.sum(axis=1) <= most)
        return Monomials(rows[kept], self.fixed[kept]), kept


@dataclass(frozen=True, eq=False)
class Slices:
    """A state.

    Attributes
    ----------
    monomials : Monomials
    values : (terms, samples, ...) array or tensor
    """

    monomials: Monomials
    values: Any

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one slice."""
        return tuple(self.values.shape[1:])


@dataclass(frozen=True, eq=False)
class Arithmetic:
    """Sums, products and activations of states.

    Attributes
    ----------
    zeros : callable
        From a shape and an array or a tensor to zeros of the same kind.
    count : int
        Of the unknowns.
    most : int or None
        The largest total degree that is kept; see `Sought`.
    """

    zeros: Callable[[tuple[int, ...], Any], Any]
    count: int
    most: int | None = None
    _plans: dict[Hashable, Any] = field(default_factory=dict)  # for the life of one expansion

    def _planned(self, key: Hashable, plan: Callable[[], Any]) -> Any:
        if key not in self._plans:
            self._plans[key] = plan()
        return self._plans[key]

    def data(self, values: Any) -> Slices:
        """Return numbers that differ between samples, shape (samples, ...), as a state."""
        return Slices(Monomials.constant(self.count, False), values[None])

    def joined(self, key: Hashable, parts: Sequence[Slices], join: Callable[[list[Any]], Any]) -> Slices:
        """Return a map of several states that is affine in all together, such as a sum or a concatenation.

        Parameters
        ----------
        key : hashable
            The place in the model.
        parts : sequence of Slices
        join : callable
            From arrays of shapes (terms, samples, ...), the same monomials in each, to their image; the constant of
            the map belongs to the first slice alone.
        """
        monomials, places = self._planned(key, lambda: Monomials.union([part.monomials for part in parts]))
        spread = []
        for part, place in zip(parts, places, strict=True):
            own = self.zeros((len(monomials), *part.shape), part.values)
            own[place] = part.values
            spread.append(own)
        return Slices(monomials, join(spread))

    def product(
        self, key: Hashable, one: Slices, other: Slices, times: Callable[[Any, Any], Any] | None = None
    ) -> Slices:
        """Return the product of two states, entry by entry, or by a bilinear map of two slices."""
        monomials, places = self._planned(key, lambda: one.monomials.times(other.monomials, self.most))
        total = None
        for own, row in zip(one.values, places, strict=True):
            kept = np.flatnonzero(row >= 0)  # the products of one monomial with distinct others are distinct
            if not len(kept):
                continue
            if times is None:
                parts = own[None] * (other.values if len(kept) == len(row) else other.values[kept])
            else:
                first = times(own, other.values[int(kept[0])])
                parts = self.zeros((len(kept), *first.shape), first)
                parts[0] = first
                for j, k in enumerate(kept[1:].tolist(), start=1):
                    parts[j] = times(own, other.values[k])
            if total is None:
                total = self.zeros((len(monomials), *parts.shape[1:]), parts)
            total[row[kept]] += parts
        return Slices(monomials, total)

    def activated(self, key: Hashable, state: Slices, ansatz: Ansatz) -> Slices:
        """Return the polynomial of an ansatz at a state."""
        values = state.values / ansatz.scale
        values[0] -= ansatz.centre / ansatz.scale
        unit = Slices(state.monomials, values)
        power = Slices(Monomials.constant(self.count, True), self.zeros((1, *state.shape), values) + 1.0)
        powers = [power]
        for k in range(1, ansatz.degree + 1):
            power = unit if k == 1 else self.product((key, k), power, unit)
            powers.append(power)
        monomials, terms = self._planned(key, lambda: self._terms([p.monomials for p in powers], ansatz))
        total = self.zeros((len(monomials), *state.shape), values)
        for k, kept, place, factor in terms:
            own = powers[k].values if len(kept) == len(powers[k].monomials) else powers[k].values[kept]
            total[place] += own if factor == 1.0 else factor * own
        return Slices(monomials, total)

    def _terms(
        self, powers: Sequence[Monomials], ansatz: Ansatz
    ) -> tuple[Monomials, list[tuple[int, Places, Places, float]]]:
        """Return the monomials of an activation, and what is added where: (power, its terms, places, factor)."""
        found: list[tuple[int, Places, float]] = [(0, np.arange(1), 0.0)]  # the constant is there in any case
        parts = [powers[0]]
        for k, (monomials, value, place) in enumerate(zip(powers, ansatz.values, ansatz.places, strict=True)):
            if value != 0.0:
                found.append((k, np.arange(len(monomials)), value))
                parts.append(monomials)
            if place is not None:
                scaled, kept = monomials.scaled(place, self.most)
                found.append((k, kept, 1.0))
                parts.append(scaled)
        every, places = Monomials.union(parts)
        return every, [(k, kept, place, f) for (k, kept, f), place in zip(found, places, strict=True)]
