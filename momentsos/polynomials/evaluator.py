"""Values and derivatives of several polynomials at a point, compiled once for many points."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..machine.remembered import remembered
from .exponents import Exponents, unique_rows
from .polynomial import Polynomial
from .tables import to_table

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Evaluator:
    r"""Values and first and second derivatives of several polynomials at a point, over one list of monomials.

    With the coefficients in a table :math:`C` and the monomials :math:`m(x)`, values are :math:`C m`, and gradients
    :math:`C\, \partial m`: monomials are differentiated, not polynomials. What was found at the last point is kept,
    because a search asks for values and gradients in turn, and again; the arrays are not to be written to.
    """

    polynomials: tuple[Polynomial, ...]

    @property
    def count(self) -> int:
        """The number of polynomials."""
        return len(self.polynomials)

    def values(self, point: Floats) -> Floats:
        """Return the values, shape (polynomials,)."""
        known = self._at(point)
        if known.values is None:
            known.values = _frozen(self._table @ known.monomials[: self._table.shape[1]])
        return known.values

    def sizes(self, point: Floats) -> Floats:
        """Return the sums of the absolute terms, which rounding errors are relative to, shape (polynomials,)."""
        return np.asarray(self._absolute @ np.abs(self._at(point).monomials[: self._table.shape[1]]))

    def length(self, point: Floats) -> float:
        """Return the sum of the absolute monomials, each times the length of its vector of coefficients."""
        return float(self._lengths @ np.abs(self._at(point).monomials[: self._table.shape[1]]))

    def jacobian(self, point: Floats) -> Floats:
        """Return the gradients, shape (polynomials, n)."""
        known, lowered = self._at(point), self._lowered
        if known.jacobian is None:
            known.jacobian = _frozen(self._table @ (lowered.powers * known.monomials[lowered.places]))
        return known.jacobian

    def hessian(self, point: Floats, weights: Floats) -> Floats:
        """Return the Hessian of the weighted sum of the polynomials, shape (n, n)."""
        first, (monomials, second) = self._lowered, self._twice_lowered
        places = first.places * len(point) + np.arange(len(point))
        terms = ((weights @ self._table)[:, None] * first.powers).reshape(-1)
        gradient = np.bincount(places.reshape(-1), terms, second.powers.size).reshape(second.powers.shape)
        return np.asarray(gradient.T @ (second.powers * monomials.at(point)[second.places]))

    def _at(self, point: Floats) -> _Known:
        key, known = point.tobytes(), self._last[0]
        if known.key != key:
            known = self._last[0] = _Known(key, self._monomials.at(point))
        return known

    @cached_property
    def scales(self) -> Floats:
        """The largest absolute coefficient of each polynomial, 1 for the zero polynomial."""
        largest = self._absolute.max(axis=1, initial=0.0)
        return np.where(largest > 0, largest, 1.0)

    # -- what is compiled ----------------------------------------------------------------------------------

    @cached_property
    def _table(self) -> Floats:
        return self._compiled[1]

    @cached_property
    def _absolute(self) -> Floats:
        return np.abs(self._table)

    @cached_property
    def _lengths(self) -> Floats:
        return np.linalg.norm(self._table, axis=0)

    @cached_property
    def _compiled(self) -> tuple[Exponents, Floats]:
        if not self.polynomials:
            return np.zeros((0, 0), dtype=np.int64), np.zeros((0, 0))
        return to_table(self.polynomials)

    @cached_property
    def _last(self) -> list[_Known]:
        return [_Known(b"-", np.zeros(0))]

    @property
    def _monomials(self) -> _Powers:
        return self._structure[0]

    @property
    def _lowered(self) -> _Lowered:
        return self._structure[1]

    @cached_property
    def _structure(self) -> tuple[_Powers, _Lowered]:
        return _with_lowered(self._compiled[0])

    @cached_property
    def _twice_lowered(self) -> tuple[_Powers, _Lowered]:
        return _only_lowered(self._monomials.rows)


@dataclass(eq=False)
class _Known:
    """What was found at a point."""

    key: bytes
    monomials: Floats
    values: Floats | None = None
    jacobian: Floats | None = None


def _frozen(array: Floats) -> Floats:
    array.setflags(write=False)
    return array


@dataclass(frozen=True, eq=False)
class _Lowered:
    r"""Derivatives of monomials: :math:`\partial_i x^\alpha` is ``powers[α, i]`` times monomial ``places[α, i]``."""

    powers: Floats
    places: NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class _Powers:
    """A list of monomials, and where their factors are in the table of the powers of the variables, a row each."""

    rows: Exponents
    powers: NDArray[np.int64]
    factors: NDArray[np.int64]

    @classmethod
    def of(cls, rows: Exponents) -> _Powers:
        powers = np.arange(int(rows.max(initial=0)) + 1)
        return cls(rows, powers, np.ascontiguousarray(rows.T) + len(powers) * np.arange(rows.shape[1])[:, None])

    def at(self, point: Floats) -> Floats:
        """Return all monomials at one point, shape (terms,)."""
        if not len(self.rows):
            return np.zeros(0)
        table = point[:, None] ** self.powers
        return np.asarray(np.multiply.reduce(table.reshape(-1)[self.factors], axis=0))


@remembered
def _with_lowered(rows: Exponents) -> tuple[_Powers, _Lowered]:
    """Return the monomials, then those of their derivatives that are not among them; and where these are."""
    both, index = unique_rows(np.concatenate([rows, _lower(rows)]))
    order = np.full(len(both), -1, dtype=np.intp)
    order[index[: len(rows)]] = np.arange(len(rows))
    new = np.flatnonzero(order < 0)
    order[new] = len(rows) + np.arange(len(new))
    places = order[index[len(rows) :]].reshape(rows.shape)
    return _Powers.of(np.concatenate([rows, both[new]])), _Lowered(rows.astype(np.float64), places)


@remembered
def _only_lowered(rows: Exponents) -> tuple[_Powers, _Lowered]:
    """Return the monomials of the derivatives, and where these are."""
    monomials, index = unique_rows(_lower(rows))
    return _Powers.of(monomials), _Lowered(rows.astype(np.float64), index.reshape(rows.shape))


def _lower(rows: Exponents) -> Exponents:
    """Return each row with one exponent after the other lowered by one, where it is not zero, shape (rows · n, n)."""
    n = rows.shape[1]
    return np.asarray(np.maximum(rows[:, None, :] - np.eye(n, dtype=np.int64), 0).reshape(-1, n))


@dataclass(frozen=True, eq=False)
class SquaredEvaluator:
    r"""The objective :math:`\sum_j r_j^2` from its roots, with the interface of `Evaluator` for one polynomial."""

    roots: Evaluator

    def values(self, point: Floats) -> Floats:
        """Return the value, shape (1,)."""
        return np.array([float((self.roots.values(point) ** 2).sum())])

    def sizes(self, point: Floats) -> Floats:
        """Return what rounding errors of the sum of squares are relative to, shape (1,)."""
        roots = np.abs(self.roots.values(point))
        return np.array([float((roots**2).sum() + 2.0 * self.roots.sizes(point) @ roots)])

    def jacobian(self, point: Floats) -> Floats:
        """Return the gradient, shape (1, n)."""
        return 2.0 * (self.roots.values(point) @ self.roots.jacobian(point))[None, :]

    def hessian(self, point: Floats, weights: Floats) -> Floats:
        """Return the Hessian times the one weight, shape (n, n)."""
        jacobian = self.roots.jacobian(point)
        curvature = self.roots.hessian(point, self.roots.values(point))
        return 2.0 * float(weights[0]) * (jacobian.T @ jacobian + curvature)
