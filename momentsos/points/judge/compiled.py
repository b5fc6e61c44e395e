"""A problem compiled for the judge: constraints once each, as float tables and as exact forms, in one order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from flint import arb, ctx, fmpq

from ...polynomials import Polynomial
from ...problem import Problem
from .exact import ExactForm, Powers, balls_at, sums_of_floats, values_of
from .forms import Constraints, Form
from .records import Floats, Value
from .signs import Signs, Tables
from .units import natural_units

#: The degree times the length of coordinates up to which values are formed in rational arithmetic.
_LONG = 20_000
#: Bits in which it is seen by how much a variable has to grow, and the factor that rounding of its slopes asks for.
_LIFT_BITS, _GROWN = 256, 1.0 + 1e-12


@dataclass(frozen=True, eq=False)
class Compiled:
    """What depends on the problem alone. Constraints are numbered: first the equalities, then the inequalities."""

    problem: Problem
    squares: tuple[Polynomial, ...] = ()

    @cached_property
    def roots(self) -> list[ExactForm]:
        """The polynomials whose squares the objective is, where it is given so."""
        return [ExactForm(Form.of(root)) for root in self.squares if root]

    @cached_property
    def objective(self) -> ExactForm | None:
        """The objective, None for zero."""
        return ExactForm(Form.of(self.problem.minimize)) if self.problem.minimize else None

    @cached_property
    def constraints(self) -> Constraints:
        """The constraints, each once."""
        return Constraints.of(self.problem)

    @cached_property
    def forms(self) -> list[ExactForm]:
        """The constraints in their order."""
        return [ExactForm(form) for form in (*self.constraints.equalities, *self.constraints.inequalities)]

    @cached_property
    def tables(self) -> Tables:
        """The same in floats."""
        return Tables.of([each.form for each in self.forms], self.problem.n_variables)

    @cached_property
    def units(self) -> Floats:
        """Natural units of the variables."""
        return natural_units([each.form for each in self.forms], self.problem.n_variables)

    @cached_property
    def bits(self) -> int:
        """The length of the longest coefficients of constraints that are not floats."""
        return max((each.form.bits for each in self.forms if each.form.numerators is not None), default=53)

    @property
    def n_equalities(self) -> int:
        """The number of equalities."""
        return len(self.constraints.equalities)

    def holds(self, point: list[arb], signs: Signs, until: float) -> bool:
        """Whether all constraints hold at a point of binary fractions; not so where digits or time do not suffice."""
        m = self.n_equalities
        if not self.may_hold(signs):
            return False
        doubtful = [*range(m), *(m + np.flatnonzero(~signs.positive[m:])).tolist()]
        for j in doubtful:
            sign = self.forms[j].sign(point, until)
            if sign is None or sign < 0 or (sign > 0 and j < m):
                return False
        return True

    def may_hold(self, signs: Signs) -> bool:
        """Whether no constraint is certainly violated."""
        m = self.n_equalities
        return not (signs.negative.any() or signs.positive[:m].any())

    def lift(self, point: list[arb], rounded: Floats, variable: int) -> float:
        """Return by how much a variable has to grow until those constraints hold that grow with it, rounded up."""
        signs, rows = self.tables.at(rounded), self.tables.jacobian(rounded, np.ones(len(rounded)))
        slopes = rows[:, variable] if isinstance(rows, np.ndarray) else rows[:, [variable]].toarray()[:, 0]
        chosen = np.flatnonzero((slopes > 0.0) & ~signs.positive).tolist()
        with ctx.workprec(_LIFT_BITS):
            balls = balls_at([self.forms[j] for j in chosen], point)
            lifts = [float((-ball / slopes[j]).upper()) for j, ball in zip(chosen, balls, strict=True)]
        return max(0.0, *lifts) * _GROWN if lifts else 0.0

    def fits(self, point: Sequence[Fraction]) -> bool:
        """Whether values at a rational point are short enough to be formed."""
        longest = max(max(x.denominator.bit_length(), x.numerator.bit_length()) for x in point)
        return max(1, self.problem.degree) * longest <= _LONG

    def holds_exactly(self, point: Sequence[Fraction], signs: Signs) -> bool:
        """Whether all constraints hold at a rational point; those that are certainly positive are not looked at."""
        rationals = [fmpq(x.numerator, x.denominator) for x in point]
        powers: Powers = {}
        for j, form in enumerate(self.forms):
            if j < self.n_equalities or not signs.positive[j]:
                value = form.rational(rationals, powers)
                if value < 0 or (value != 0 and j < self.n_equalities):
                    return False
        return True

    def exact_value(self, point: Sequence[Fraction]) -> Value:
        """Return the objective at a rational point."""
        rationals = [fmpq(x.numerator, x.denominator) for x in point]
        if self.squares:
            return _sum_of_squares([root.exact_value(rationals) for root in self.roots])
        if self.objective is None:
            return Value.exactly(Fraction(0))
        return self.objective.exact_value(rationals)

    def value(self, point: list[arb]) -> Value:
        """Return the objective at a point."""
        if self.squares:
            return _sum_of_squares([root.value(point) for root in self.roots])
        return Value.exactly(Fraction(0)) if self.objective is None else self.objective.value(point)


def _sum_of_squares(values: list[Value]) -> Value:
    """Return the sum of the squares of enclosed numbers."""
    low = high = Fraction(0)
    for each in values:
        ends = sorted((each.low**2, each.high**2))
        low, high = low + (0 if each.low < 0 < each.high else ends[0]), high + ends[1]
    return Value(low, high)


def values_at(polynomials: Sequence[Polynomial], point: Floats, fine: Floats) -> list[Value]:
    """Return the values of polynomials at the point ``point + fine``, enclosed to thirty digits at least."""
    given = sums_of_floats(point.tolist(), fine.tolist())
    found = [Value.exactly(Fraction(0))] * len(polynomials)
    places = [place for place, p in enumerate(polynomials) if p]
    forms = [ExactForm(Form.of(polynomials[place])) for place in places]
    for place, value in zip(places, values_of(forms, given), strict=True):
        found[place] = value
    return found
