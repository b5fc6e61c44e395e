"""The record of a sum-of-squares program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from numbers import Real
from typing import TYPE_CHECKING, Any

from ..errors import InvalidInput
from ..machine.checks import items, shown
from ..machine.records import Record
from ..polynomials import Polynomial
from .constraints import SOS, Identity, lifted
from .unknowns import Coefficient, UnknownPolynomial

if TYPE_CHECKING:
    from .result import SOSResult


@dataclass(frozen=True, eq=False, repr=False)
class SOSProgram(Record):
    r"""A program whose unknowns are coefficients of polynomials.

    .. math::

        \min_c\; a_0 + a^\top c \quad\text{subject to}\quad
        P_k(c; x) \text{ is a sum of squares on a set},\qquad q_l(c; x) = 0 \text{ identically},

    where everything depends linearly on `c`.

    Attributes
    ----------
    minimize, maximize : UnknownPolynomial, Polynomial, number or None
        At most one of them, without variables: linear in the unknowns. Without either any solution will do.
    constraints : sequence of SOS and Identity
        Made by `momentsos.sos` and `momentsos.identity`.

    Raises
    ------
    InvalidInput
        An objective that has variables, a constraint of another kind, two unknowns of one name in different variables,
        an unknown in the objective that no constraint sees.
    """

    constraints: Sequence[SOS | Identity] = field(default=())
    minimize: Any = field(default=None, kw_only=True)
    maximize: Any = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if self.minimize is not None and self.maximize is not None:
            raise InvalidInput("SOSProgram: expected minimize=... or maximize=..., not both")
        listed = tuple(items(self.constraints, "constraints", "a list of sos(...) and identity(...)"))
        if not listed:
            raise InvalidInput("constraints: expected at least one, sos(...) or identity(...)")
        for i, each in enumerate(listed):
            if not isinstance(each, SOS | Identity):
                raise InvalidInput(f"constraints[{i}]: expected sos(...) or identity(...), got {shown(each)}")
        object.__setattr__(self, "constraints", listed)
        for name in ("minimize", "maximize"):
            given = getattr(self, name)
            if given is not None:
                object.__setattr__(self, name, _objective(given, name))
        _check_names(self)
        if not self.unknowns and self.objective.parts:
            raise InvalidInput("SOSProgram: no constraint has an unknown")
        unseen = [str(each) for each in self.objective.parts if each not in self.unknowns]
        if unseen:
            raise InvalidInput(f"objective: no constraint sees the unknown {unseen[0]}, so nothing bounds it")

    @property
    def objective(self) -> UnknownPolynomial:
        """The objective as it was given; zero where there is none."""
        for given in (self.minimize, self.maximize):
            if given is not None:
                return given
        return UnknownPolynomial(Polynomial.constant(0.0))

    @property
    def sense(self) -> str:
        """``"minimize"``, ``"maximize"`` or ``"find"``."""
        return "minimize" if self.minimize is not None else "maximize" if self.maximize is not None else "find"

    @property
    def unknowns(self) -> tuple[Coefficient, ...]:
        """The unknown numbers that some constraint sees, in the order in which they come."""
        return tuple(dict.fromkeys(each for p in self.polynomials for each in p.parts))

    @property
    def polynomials(self) -> tuple[UnknownPolynomial, ...]:
        """All polynomials with unknowns that the constraints hold."""
        found: list[UnknownPolynomial] = []
        for constraint in self.constraints:
            if isinstance(constraint, SOS):
                found += [each for row in constraint.entries for each in row]
            else:
                found.append(constraint.polynomial)
        return tuple(found)

    def solve(
        self,
        solver: str = "auto",
        tol: float = 1e-6,
        time_limit: float | None = None,
        solver_options: Mapping[str, object] | None = None,
    ) -> SOSResult:
        """Solve the program, and prove the answer in rational arithmetic.

        Parameters
        ----------
        solver : str
            ``"auto"``, or a name of `momentsos.available_solvers`.
        tol : float
            The relative gap, over the larger one of the value and 1, at which an optimum counts as found.
        time_limit : float, optional
            Seconds.
        solver_options : mapping, optional
            Fields of `momentsos.solvers.SolverOptions`, or options under the solver's own names.

        Raises
        ------
        BadOption, ProblemTooLarge, SolverUnavailable
        """
        from .solve import solve_program

        return solve_program(self, solver, tol, time_limit, solver_options)

    def __repr__(self) -> str:
        return (
            f"SOSProgram({self.sense}, {len(self.unknowns)} unknown coefficients, {len(self.constraints)} constraints)"
        )


def exact_objective(program: SOSProgram) -> tuple[Fraction, dict[Coefficient, Fraction]]:
    """Return the constant and the coefficients of the objective exactly."""
    objective = program.objective
    constant = sum(objective.known.exact, Fraction(0))
    return constant, {each: sum(part.exact, Fraction(0)) for each, part in objective.parts.items()}


def _objective(given: object, name: str) -> UnknownPolynomial:
    if not isinstance(given, UnknownPolynomial | Polynomial | Real):
        raise InvalidInput(f"{name}: expected a linear expression in unknown numbers, got {shown(given)}")
    objective = lifted(given, name)
    if objective.degree > 0:
        raise InvalidInput(
            f"{name}: the objective has the variables {list(objective.variables)}; expected a number for each "
            f"choice of the unknowns, such as V.substitute({{x: 0}})"
        )
    return objective


def _check_names(program: SOSProgram) -> None:
    """Refuse two unknowns of one name, and an unknown that is named as a variable."""
    declared: dict[str, tuple[str, ...]] = {}
    for each in (*program.unknowns, *program.objective.parts):
        if declared.setdefault(each.name, each.variables) != each.variables:
            raise InvalidInput(
                f"unknown {each.name}: declared in the variables {list(declared[each.name])} and in "
                f"{list(each.variables)}; give one of them another name"
            )
    both = set(declared) & {name for p in program.polynomials for name in p.variables}
    if both:
        raise InvalidInput(f"{sorted(both)[0]}: the name of a variable and of an unknown")
