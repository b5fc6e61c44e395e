"""The record of a problem in complex variables, and the real problem that it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput
from ..hierarchy.request import check_order
from ..machine.checks import items, real_array, shown
from ..machine.notebooks import Shown
from ..machine.records import Record, brief
from ..polynomials import Constraint, Polynomial
from ..polynomials.comparison import Relation
from ..polynomials.conjugates import ComplexConstraint, ComplexPolynomial
from ..problem import Problem, Sense
from .parts import needs_real_values, occurring, part_names, parts, split_terms, term_without_partner
from .phases import free_phases
from .sizes import HierarchySizes, predicted

if TYPE_CHECKING:
    from .result import ComplexResult

#: Phases are looked for among this many terms at most; beyond it none are found.
_MOST_TERMS = 100_000


@dataclass(frozen=True, eq=False, repr=False, init=False)
class ComplexProblem(Shown, Record):
    r"""Minimise, or maximise, a real-valued polynomial in complex variables and their conjugates.

    .. math::

        \min_{z \in \mathbb{C}^n,\, x \in \mathbb{R}^m} f(z, \bar z, x) \quad\text{subject to}\quad
        g_j(z, \bar z, x) \ge 0,\quad h_l(z, \bar z, x) = 0.

    With :math:`z = u + iv` it is a problem in the real `u` and `v`, `translated`, with the same coefficients exactly.
    Where the phases of some variables can be chosen, all at once and whatever the others are, because objective and
    constraints do not see them, these variables are taken as real, and have no `v`: the optimal value is the same.

    Parameters
    ----------
    minimize, maximize : ComplexPolynomial, Polynomial or number
        The objective: one of the two. It has to be real-valued.
    constraints : sequence of comparisons
        Such as ``ms.abs2(z) <= 1`` between real-valued polynomials, and ``ms.equal(p, q)`` between any: an equation of
        complex numbers is one of real and one of imaginary parts. Comparisons of real polynomials may be among them.
    bounds, domains : mapping, optional
        Of real variables, as for `momentsos.Problem`.
    fix_phases : bool
        Whether phases that the problem does not see are taken as zero.

    Attributes
    ----------
    objective : ComplexPolynomial
    sense : Sense
    constraints : tuple of ComplexConstraint
    real_constraints : tuple of Constraint
        Those of bounds and domains.
    variables, names : tuple of str
        All variables that occur, and the complex ones among them, in order of first appearance.
    fix_phases : bool

    Raises
    ------
    InvalidInput
        An objective or a side of ``<=`` that is not real-valued; a name that is that of a real and of a complex
        variable, or of a part of one; bounds of a complex variable; no complex variable.

    Examples
    --------
    >>> import momentsos as ms
    >>> (z,) = ms.complex_variables("z")
    >>> problem = ms.ComplexProblem(minimize=ms.real(z**3), constraints=[ms.equal(ms.abs2(z), 1)])
    >>> result = problem.solve()
    >>> result.status.name, round(result.lower_bound, 6)
    ('CERTIFIED', -1.0)
    """

    objective: ComplexPolynomial
    sense: Sense
    constraints: tuple[ComplexConstraint, ...]
    real_constraints: tuple[Constraint, ...]
    variables: tuple[str, ...]
    names: tuple[str, ...]
    fix_phases: bool

    def __init__(
        self,
        minimize: Any = None,
        constraints: Sequence[Any] = (),
        *,
        maximize: Any = None,
        bounds: Mapping[Any, Any] | None = None,
        domains: Mapping[Any, Any] | None = None,
        fix_phases: bool = True,
    ) -> None:
        if (minimize is None) == (maximize is None):
            came = "neither" if minimize is None else "both"
            raise InvalidInput(f"minimize, maximize: expected one of the two, got {came}")
        if not isinstance(fix_phases, bool):
            raise InvalidInput(f"fix_phases: expected True or False, got {shown(fix_phases)}")
        sense = Sense.MINIMIZE if maximize is None else Sense.MAXIMIZE
        objective = _polynomial(minimize if maximize is None else maximize, sense.value)
        needs_real_values(objective, sense.value)
        given = items(constraints, "constraints", "a list of comparisons such as [ms.abs2(z) <= 1]")
        compared = [_constraint(each, f"constraints[{i}]") for i, each in enumerate(given)]
        polynomials = [objective, *(each.polynomial for each in compared)]
        whole = sum((p * 0 for p in polynomials), ComplexPolynomial.of(0.0))  # refuses names that clash
        occur = {name for p in polynomials for name in occurring(p)}
        over, complex_names = (tuple(n for n in group if n in occur) for group in (whole.variables, whole.names))
        if not complex_names:
            raise InvalidInput("ComplexProblem: no complex variable occurs: expected one, or state it as ms.Problem")
        reals = tuple(name for name in over if name not in complex_names)
        for name in complex_names:
            for part in part_names(name):
                if part in reals:
                    raise InvalidInput(f"{part}: a real variable has the name of a part of {name}; rename one of them")
        sides = _sides(bounds, domains, reals, complex_names)
        for name, value in {
            "objective": objective,
            "sense": sense,
            "constraints": tuple(compared),
            "real_constraints": sides,
            "variables": over,
            "names": complex_names,
            "fix_phases": fix_phases,
        }.items():
            object.__setattr__(self, name, value)

    @cached_property
    def fixed(self) -> tuple[str, ...]:
        """The complex variables that are taken as real, because the problem does not see their phases."""
        if not self.fix_phases:
            return ()
        charges = list(islice(self._charges(), _MOST_TERMS + 1))
        if len(charges) > _MOST_TERMS:
            return ()
        return tuple(self.names[column] for column in free_phases(charges, len(self.names)))

    def _charges(self) -> Iterable[tuple[int, ...]]:
        """Yield what the phases have to be orthogonal to.

        Terms of real-valued polynomials have none of their charge; those of other equations the same as each other.
        """
        polynomials = [(self.objective, True)]
        for each in self.constraints:
            polynomials.append((each.polynomial, term_without_partner(each.polynomial) is None))
        for p, real_valued in polynomials:
            terms, _ = split_terms(p)
            places = [self.names.index(name) if name in self.names else -1 for name in p.names]
            first: tuple[int, ...] | None = None
            for alpha, beta, _gamma in terms:
                charge = [0] * len(self.names)
                for place, a, b in zip(places, alpha, beta, strict=True):
                    charge[place] += a - b
                first = tuple(charge) if first is None and not real_valued else first
                yield tuple(charge) if first is None else tuple(c - d for c, d in zip(charge, first, strict=True))

    @cached_property
    def translated(self) -> Problem:
        """The problem in real variables: ``z_re`` and ``z_im`` for `z`, without ``z_im`` where `z` is in `fixed`."""
        fixed, over = frozenset(self.fixed), self.real_names
        inequalities, equalities = [], []
        for each in self.constraints:
            re, im = parts(each.polynomial, over, fixed)
            if each.relation is Relation.AT_LEAST_ZERO:
                inequalities.append(re)
            elif term_without_partner(each.polynomial) is None:
                equalities.append(re)
            else:
                equalities += [part for part in (re, im) if part]
        objective, _ = parts(self.objective, over, fixed)
        return Problem(
            self.sense.turned(objective),
            inequalities,
            equalities,
            over,
            constraints=self.real_constraints,
            sense=self.sense,
        )

    @property
    def real_names(self) -> tuple[str, ...]:
        """The variables of `translated`."""
        found: list[str] = []
        for name in self.variables:
            if name in self.names:
                found += part_names(name)[: 1 if name in self.fixed else 2]
            else:
                found.append(name)
        return tuple(found)

    def points(self, real_points: ArrayLike) -> NDArray[np.complex128]:
        """Return points of `translated`, ``(points, n)`` or one alone, in `variables` as complex numbers.

        Raises
        ------
        InvalidInput
            Another shape.
        """
        array = real_array(real_points, "real_points")
        over = self.real_names
        if array.shape[-1:] != (len(over),) or array.ndim > 2:
            raise InvalidInput(f"real_points of shape {array.shape}: expected (points, {len(over)}) or ({len(over)},)")
        found = np.zeros((*array.shape[:-1], len(self.variables)), dtype=complex)
        for place, name in enumerate(self.variables):
            re, im = part_names(name) if name in self.names else (name, "")
            found[..., place] = array[..., over.index(re)]
            if im in over:
                found[..., place] += 1j * array[..., over.index(im)]
        return found

    def sizes(self, order: int | None = None) -> HierarchySizes:
        """Return how large dense relaxations are: in real parts, with phases fixed, and as complex moment matrices.

        Parameters
        ----------
        order : int, optional
            By default the lowest of `translated`.

        Raises
        ------
        BadOption
            No order.
        """
        k = self.translated.minimum_order if order is None else check_order(order, "order")
        uniform = all(not sum(charge) for charge in self._charges())
        count = len(self.names)
        return predicted(k, count, len(self.variables) - count, len(self.fixed), uniform)

    def solve(self, *args: Any, **options: Any) -> ComplexResult:
        """Solve `translated`, with the options of `momentsos.solve`, and return its result with complex points.

        Raises
        ------
        As `momentsos.solve`.
        """
        from ..hierarchy.solve import solve
        from .result import ComplexResult

        return ComplexResult(self, solve(self.translated, *args, **options))

    def __repr__(self) -> str:
        return f"ComplexProblem({self.sense.value}={brief(self.objective)}, {len(self.constraints)} constraints)"

    def __str__(self) -> str:
        lines = [f"{self.sense.value} {self.objective}", *(f"  {each}" for each in self.constraints)]
        lines += [f"  {each}" for each in self.real_constraints]
        return "\n".join(lines) + f"\n  {', '.join(self.names)} complex"


def _polynomial(value: object, name: str) -> ComplexPolynomial:
    if isinstance(value, Constraint | ComplexConstraint):
        raise InvalidInput(f"{name}: expected a polynomial, got a comparison; comparisons go into constraints=[...]")
    try:
        return ComplexPolynomial.of(value)
    except InvalidInput as error:
        raise InvalidInput(f"{name}: {error}") from error


def _constraint(value: object, name: str) -> ComplexConstraint:
    """Return a comparison as a complex one, after the check that inequalities are between real values."""
    if isinstance(value, Constraint):
        return ComplexConstraint(ComplexPolynomial.of(value.polynomial), value.relation)
    if not isinstance(value, ComplexConstraint):
        hint = "; == compares polynomials, an equation is equal(p, q)" if isinstance(value, bool) else ""
        raise InvalidInput(f"{name}: expected a comparison such as ms.abs2(z) <= 1, got {shown(value)}{hint}")
    if value.relation is Relation.AT_LEAST_ZERO:
        needs_real_values(value.polynomial, name)
    return value


def _sides(bounds: Any, domains: Any, reals: tuple[str, ...], names: tuple[str, ...]) -> tuple[Constraint, ...]:
    """Return bounds and domains of real variables as comparisons; `Problem` reads them."""
    for given, what in ((bounds, "bounds"), (domains, "domains")):
        for key in given if isinstance(given, Mapping) else ():
            name = key.names[0] if isinstance(key, ComplexPolynomial) and len(key.names) == 1 else key
            if isinstance(name, str) and name in names:
                raise InvalidInput(
                    f"{what}: {name} is complex, and has no order: bound ms.abs2({name}) or ms.real({name})"
                )
    if not bounds and not domains:
        return ()
    if not reals:
        raise InvalidInput("bounds, domains: the problem has no real variable")
    stated = Problem(minimize=Polynomial.constant(0.0, reals), variables=reals, bounds=bounds, domains=domains)
    found = [Constraint(p) for p in stated.inequalities]
    return (*found, *(Constraint(p, Relation.ZERO) for p in stated.equalities))
