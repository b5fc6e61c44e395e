"""The record of a moment problem."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import TYPE_CHECKING, Any

from ..errors import InvalidInput
from ..machine.checks import items, shown
from ..machine.records import Brief
from ..problem import Sense
from .expressions import Measure, MomentConstraint, MomentExpression

if TYPE_CHECKING:
    from .result import MomentResult


@dataclass(frozen=True, eq=False, repr=False)
class MomentProblem(Brief):
    r"""Minimise, or maximise, what is linear in the moments of several measures.

    .. math::

        \min_{\mu_1, \dots, \mu_m}\; c_0 + \sum_i \int p_{0i}\, d\mu_i \quad\text{subject to}\quad
        c_k + \sum_i \int p_{ki}\, d\mu_i = 0 \;\text{ or }\; \ge 0, \qquad \mu_i \ge 0 \text{ on } K_i .

    Parameters
    ----------
    minimize, maximize : MomentExpression or number
        One of the two.
    constraints : sequence of MomentConstraint
        Comparisons of expressions, ``mu.moment(x**2) == 1``.
    measures : sequence of Measure, optional
        By default those that occur, in order of appearance.

    Attributes
    ----------
    objective : MomentExpression
    sense : Sense
    constraints, measures : tuples

    Raises
    ------
    InvalidInput
        Both or neither objective, something that is no constraint, a constraint or a program without measures, two
        measures of one name, a measure that is not listed or that nothing sees.

    Examples
    --------
    The largest probability of a value of at least 2, of mean 0 and variance 1 (Cantelli):

    >>> import momentsos as ms
    >>> (x,) = ms.variables("x")
    >>> high = ms.Measure("high", [x], [x >= 2])
    >>> low = ms.Measure("low", [x])
    >>> known = [high.moment(x**k) + low.moment(x**k) == value for k, value in enumerate([1, 0, 1])]
    >>> result = ms.MomentProblem(maximize=high.mass, constraints=known).solve()
    >>> print(result.status, round(result.upper_bound, 6))
    CERTIFIED 0.2
    """

    minimize: Any = None
    constraints: Sequence[MomentConstraint] = ()
    measures: Sequence[Measure] = ()
    maximize: Any = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if (self.minimize is None) == (self.maximize is None):
            came = "neither" if self.minimize is None else "both"
            raise InvalidInput(f"minimize, maximize: expected one of the two, got {came}")
        for name in ("minimize", "maximize"):
            given = getattr(self, name)
            if given is not None:
                object.__setattr__(self, name, _objective(given, name))
        if isinstance(self.constraints, MomentConstraint):
            raise InvalidInput("constraints: expected a list of comparisons, got one alone")
        listed = tuple(items(self.constraints, "constraints", "a list such as [mu.moment(x) == 1]"))
        for i, each in enumerate(listed):
            if not isinstance(each, MomentConstraint):
                raise InvalidInput(f"constraints[{i}]: expected a comparison of moments, got {shown(each)}")
            if not each.expression.parts:
                raise InvalidInput(f"constraints[{i}]: no measure is left in {each!s:.80}")
            if not math.isfinite(each.expression.constant):
                raise InvalidInput(f"constraints[{i}]: the constant {each.expression.constant} is not finite")
        object.__setattr__(self, "constraints", listed)
        object.__setattr__(self, "measures", _measures(self, self.measures))

    @property
    def sense(self) -> Sense:
        """Whether the objective is minimised or maximised."""
        return Sense.MINIMIZE if self.maximize is None else Sense.MAXIMIZE

    @property
    def objective(self) -> MomentExpression:
        """The objective as it was given."""
        return self.minimize if self.maximize is None else self.maximize

    @property
    def minimum_order(self) -> int:
        """The lowest order of a relaxation: half the largest degree of moments and supports, rounded up, at least 1."""
        expressions = (self.objective, *(each.expression for each in self.constraints))
        degrees = [p.degree for each in expressions for p in each.parts.values()]
        degrees += [measure.support.degree for measure in self.measures]
        return max(1, -(-max(degrees) // 2))

    def solve(
        self,
        order: int | None = None,
        solver: str = "auto",
        tol: float = 1e-6,
        time_limit: float | None = None,
        solver_options: Mapping[str, Any] | None = None,
    ) -> MomentResult:
        """Relax every measure to its moments up to twice the order, and solve.

        Parameters
        ----------
        order : int, optional
            By default the lowest one. Bounds get better with the order.
        solver : str
            ``"auto"``, or a name of `momentsos.available_solvers`.
        tol : float
            The relative gap at which the value counts as found.
        time_limit : float, optional
            Seconds for the solver.
        solver_options : mapping, optional
            As for `momentsos.solve`.

        Raises
        ------
        BadOption, OrderTooLow, ProblemTooLarge, SolverUnavailable
        """
        from .solve import solve_problem

        return solve_problem(self, order, solver, tol, time_limit, solver_options)

    def __repr__(self) -> str:
        names = ", ".join(measure.name for measure in self.measures)
        return (
            f"MomentProblem({self.sense.value} {self.objective!s:.100}; {names}; {len(self.constraints)} constraints)"
        )


def _objective(given: object, name: str) -> MomentExpression:
    if isinstance(given, Real) and not isinstance(given, bool):
        given = MomentExpression(float(given))
    if not isinstance(given, MomentExpression):
        raise InvalidInput(f"{name}: expected an expression in moments such as mu.moment(x), got {shown(given)}")
    if not math.isfinite(given.constant):
        raise InvalidInput(f"{name}: the constant {given.constant} is not finite")
    return given


def _measures(problem: MomentProblem, given: Sequence[Measure]) -> tuple[Measure, ...]:
    expressions = (problem.objective, *(each.expression for each in problem.constraints))
    seen = tuple(dict.fromkeys(measure for each in expressions for measure in each.parts))
    listed = tuple(items(given, "measures", "a list of measures"))
    for i, each in enumerate(listed):
        if not isinstance(each, Measure):
            raise InvalidInput(f"measures[{i}]: expected a Measure, got {shown(each)}")
    if listed:
        for measure in seen:
            if measure not in listed:
                raise InvalidInput(f"measure {measure.name} occurs, but is not among measures")
        for measure in listed:
            if measure not in seen:
                raise InvalidInput(f"measure {measure.name}: neither objective nor constraints have a moment of it")
    found = listed or seen
    if not found:
        raise InvalidInput("MomentProblem: expected at least one measure")
    names = [measure.name for measure in found]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise InvalidInput(f"measures: the name {twice[0]!r} stands for two measures")
    return found
