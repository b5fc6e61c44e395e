"""A polynomial optimisation problem: the record and its validation."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidInput
from ..machine.checks import converted, items, names, real_array
from ..machine.documents import read_json
from ..machine.files import write_whole
from ..machine.notebooks import Shown
from ..machine.records import Record, brief
from ..polynomials import Polynomial, from_sympy
from ..polynomials.comparison import Relation
from ..polynomials.factored import Factor
from ..polynomials.polynomial import merge_variables, variables
from ..polynomials.ratios import RationalSum
from ..polynomials.symbolic import free_names
from .document import document_of, fields_of
from .given import as_objective, as_polynomials, one_sided
from .lifting import as_sympy, lifting
from .matrices import Matrix, as_matrices, matrix_degree, scalar_inequalities, upper_entries
from .matrices import over as over_variables
from .sense import Sense
from .stated import as_constraints, as_sides


@dataclass(frozen=True, eq=False, repr=False, init=False)
class Problem(Shown, Record):
    r"""Minimise, or maximise, a polynomial over a basic semialgebraic set.

    .. math::

        \min_x f(x) \quad\text{subject to}\quad g_j(x) \ge 0,\quad h_l(x) = 0,\quad M_i(x) \succeq 0.

    Parameters
    ----------
    minimize, maximize : Polynomial, number or RationalSum
        The objective `f`: one of the two. Sums of ratios come from `momentsos.ratio`.
    inequalities, equalities : sequence of Polynomial or number
        The `g_j` and the `h_l`.
    variables : sequence of str, optional
        Names and order of the unknowns; by default in order of first appearance.
    squares : Factor, optional
        The polynomials whose squares what is minimised is the sum of; see `least_squares`.
    constraints : sequence of Constraint
        Comparisons such as ``x**2 + y**2 <= 1`` and ``equal(x * y, 1)``, in any order; also relations of sympy.
    bounds : mapping from names to (low, high), optional
        None where there is no bound. In place of names the variables themselves may stand.
    domains : mapping from names to domains, optional
        ``"binary"``, ``"sign"``, ``"integer"`` (between two bounds), or up to 64 numbers such as ``range(4)``.
    matrix_inequalities : sequence of matrices
        The `M_i`: symmetric matrices of polynomials, as lists of rows, that are positive semidefinite where a point is
        feasible.
    minors : (int, int), optional
        For `dataclasses.replace`: which of the inequalities say the same as the matrices, see `spelled_out`.
    ratios : sequence of (Polynomial, Polynomial)
        For `dataclasses.replace`: numerators and denominators whose ratios are added to `minimize`.
    sense : Sense
        For `dataclasses.replace`: with `Sense.MAXIMIZE`, `minimize` is minus the objective.

    Attributes
    ----------
    minimize : Polynomial
        What is minimised: the objective, or minus the objective where that is maximised. Every stage works with it.
        Where the objective has ratios, they are in `ratios`, and this is the rest; see `lifted`.
    inequalities, equalities, variables, squares, sense, matrix_inequalities, minors, ratios
        As above; constraints, bounds and domains are among the inequalities and equalities, in this order.

    Raises
    ------
    InvalidInput
        When something is not a polynomial, or no variable is left; when the squares do not add up to what is
        minimised; both or neither of `minimize` and `maximize`; a chained comparison, bounds that cross, a domain that
        contradicts them, a name that is no variable.

    Examples
    --------
    >>> import momentsos as ms
    >>> x, y = ms.variables("x y")
    >>> ms.Problem(minimize=x * y, inequalities=[1 - x**2 - y**2]).variables
    ('x', 'y')
    >>> print(ms.Problem(maximize=x * y, constraints=[x**2 + y**2 <= 1], bounds={"x": (0, None)}))
    maximize x*y
      1 - x^2 - y^2 >= 0
      x >= 0
    """

    minimize: Polynomial
    inequalities: tuple[Polynomial, ...]
    equalities: tuple[Polynomial, ...]
    variables: tuple[str, ...]
    squares: Factor | None
    sense: Sense
    matrix_inequalities: tuple[Matrix, ...]
    minors: tuple[int, int] | None
    ratios: tuple[tuple[Polynomial, Polynomial], ...]

    def __init__(
        self,
        minimize: Any = None,
        inequalities: Sequence[Any] = (),
        equalities: Sequence[Any] = (),
        variables: Sequence[str] = (),
        squares: Factor | None = None,
        *,
        maximize: Any = None,
        constraints: Sequence[Any] = (),
        bounds: Mapping[Any, Any] | None = None,
        domains: Mapping[Any, Any] | None = None,
        matrix_inequalities: Sequence[Any] = (),
        minors: tuple[int, int] | None = None,
        ratios: Sequence[tuple[Polynomial, Polynomial]] = (),
        sense: Sense = Sense.MINIMIZE,
    ) -> None:
        if (minimize is None) == (maximize is None):
            came = "neither" if minimize is None else "both"
            raise InvalidInput(f"minimize, maximize: expected one of the two, got {came}")
        if maximize is None:
            whole = as_objective(minimize, "minimize")
        else:
            sense = Sense.MAXIMIZE
            whole = sense.turned(as_objective(maximize, "maximize"))
        whole = RationalSum.of(whole.polynomial, [*whole.ratios, *ratios]) if ratios else whole
        objective, shares = whole.polynomial, whole.ratios
        given, equal = as_polynomials(inequalities, "inequalities"), as_polynomials(equalities, "equalities")
        compared = as_constraints(constraints)
        matrices = as_matrices(matrix_inequalities, "matrix_inequalities")
        everything = [objective, *given, *equal, *(each.polynomial for each in compared)]
        everything += [p for pair in shares for p in pair]
        everything += [entry for matrix in matrices for entry in upper_entries(matrix)]
        over = names(variables, "variables") or merge_variables(*(p.variables for p in everything))
        if not over or len(set(over)) != len(over):
            raise InvalidInput(f"variables {over!r:.200}: expected at least one variable, with distinct names")
        compared += as_sides(bounds, domains, over)
        given += [each.polynomial for each in compared if each.relation is Relation.AT_LEAST_ZERO]
        equal += [each.polynomial for each in compared if each.relation is Relation.ZERO]
        object.__setattr__(self, "variables", over)
        object.__setattr__(self, "minimize", objective.over(over))
        object.__setattr__(self, "inequalities", tuple(p.over(over) for p in given))
        object.__setattr__(self, "equalities", tuple(p.over(over) for p in equal))
        object.__setattr__(self, "squares", squares)
        object.__setattr__(self, "sense", sense)
        object.__setattr__(self, "matrix_inequalities", tuple(over_variables(matrix, over) for matrix in matrices))
        object.__setattr__(self, "minors", minors)
        object.__setattr__(self, "ratios", tuple((p.over(over), q.over(over)) for p, q in shares))
        if squares is not None and (shares or squares.variables != over or squares.expanded != self.minimize):
            raise InvalidInput("squares: they do not add up to the objective, in these variables")

    @classmethod
    def least_squares(cls, exponents: Any, R: Any, names: Sequence[str], *, combination: Any = None) -> Problem:
        r"""Make the problem of minimising :math:`|R\,(b(z), -1)|^2` over all of R^n.

        The objective is the square multiplied out, exactly, and the problem remembers its factor: `solve` then works
        with the residuals, whose digits the products have not; see `momentsos.squares`.

        Parameters
        ----------
        exponents : (M, n) integer array
            Monomials `m`, one a row.
        R : (rows, T + 1) array
            The last column belongs to -1: with features in the others it holds the targets.
        names : sequence of str
            Of the variables.
        combination : (T, M) array or sparse matrix, optional
            The `C` of :math:`b = C m`; by default `b` are the monomials. A row with more than one entry stands for a
            polynomial that the bound may take for a variable of its own: nothing is lost by that where one of its
            monomials is a variable that occurs nowhere else.

        Raises
        ------
        InvalidInput
            Shapes that do not fit, exponents that are no nonnegative integers, numbers that are not finite.

        Examples
        --------
        >>> import momentsos as ms
        >>> line = ms.Problem.least_squares([[0, 1], [1, 1]], [[1.0, 2.0, 5.0], [1.0, -1.0, 2.0]], ["a", "b"])
        >>> print(line.minimize)
        29 - 14*b - 16*a*b + 2*b^2 + 2*a*b^2 + 5*a^2*b^2
        """
        factor = Factor.of(exponents, R, names, combination)
        return cls(factor.expanded, variables=factor.variables, squares=factor)

    # -- facts ---------------------------------------------------------------------------------------------

    @property
    def objective(self) -> Any:
        """The objective, whether it is minimised or maximised: a `Polynomial`, or a `RationalSum`."""
        return self.sense.turned(RationalSum(self.minimize, self.ratios) if self.ratios else self.minimize)

    @property
    def maximize(self) -> Any:
        """The objective where it is maximised, else None."""
        return self.objective if self.sense.maximizes else None

    @property
    def n_variables(self) -> int:
        """The number of unknowns."""
        return len(self.variables)

    @property
    def degree(self) -> int:
        """The largest total degree among objective and constraints; of matrices it is that of an entry."""
        first, last = self.minors or (0, 0)
        given = *self.inequalities[:first], *self.inequalities[last:]
        degrees = [p.degree for p in (self.minimize, *given, *self.equalities)]
        degrees += [max(p.degree, 1 + q.degree) for p, q in self.ratios]  # of the equations of `lifted`
        return max(*degrees, *map(matrix_degree, self.matrix_inequalities), 0)

    @property
    def minimum_order(self) -> int:
        r"""The lowest order of the dense relaxation, :math:`k_0 = \max(1, \lceil \deg / 2 \rceil)`."""
        return max(1, -(-self.degree // 2))

    def spelled_out(self) -> Problem:
        """Return the problem with scalar inequalities, after its own, that say the same as its matrices.

        Relaxations have the matrices; points are judged and looked for by these (`momentsos.problem.matrices`).

        Raises
        ------
        ProblemTooLarge
            A matrix has a characteristic polynomial of too many terms.
        """
        if not self.matrix_inequalities or self.minors is not None:
            return self
        more = [p for matrix in self.matrix_inequalities for p in scalar_inequalities(matrix)]
        first = len(self.inequalities)
        return replace(self, inequalities=(*self.inequalities, *more), minors=(first, first + len(more)))

    def lifted(self) -> Problem:
        r"""Return the problem with a variable and the equation :math:`t_i q_i = p_i` for each ratio of the objective.

        Where the denominators are positive it is the same problem.
        """
        if not self.ratios:
            return self
        names, equations = lifting(self.variables, self.ratios)
        t = variables(names[self.n_variables :])
        equalities = (*self.equalities, *equations)
        return replace(self, minimize=sum(t, self.minimize), ratios=(), equalities=equalities, variables=names)

    def violation(self, point: NDArray[np.float64]) -> float:
        """Return the largest constraint violation at `point`, each relative to the size of the constraint's terms.

        The size of the terms of `g` at `x` is the sum of :math:`|g_α x^α|`, at least the largest coefficient. A matrix
        is violated by minus its least eigenvalue, and as large as its largest entry.

        Raises
        ------
        InvalidInput
            `point` is not one number for each variable.
        """
        point = real_array(point, "point", f"{self.n_variables} numbers")
        if point.shape != (self.n_variables,):
            raise InvalidInput(f"point of shape {point.shape}: expected ({self.n_variables},)")
        worst = 0.0
        for constraints, equal in ((self.inequalities, False), (self.equalities, True)):
            for g in constraints:
                value = g(point)
                worst = max(worst, (abs(value) if equal else -value) / term_size(g, point))
        for matrix in self.matrix_inequalities:
            size = max(term_size(entry, point) for entry in upper_entries(matrix))
            values = np.array([[entry(point) for entry in row] for row in matrix])
            worst = max(worst, -float(np.linalg.eigvalsh(values)[0]) / size)
        return worst

    # -- sympy ---------------------------------------------------------------------------------------------

    @classmethod
    def from_sympy(
        cls,
        minimize: Any = None,
        inequalities: Sequence[Any] = (),
        equalities: Sequence[Any] = (),
        variables: Sequence[Any] | None = None,
        *,
        maximize: Any = None,
        matrix_inequalities: Sequence[Any] = (),
    ) -> Problem:
        """Make a problem from sympy expressions.

        Parameters
        ----------
        minimize, maximize : sympy expression
            One of the two.
        inequalities : sequence of sympy expressions or relations
            An expression `g` means ``g >= 0``; relations ``a >= b`` and ``a <= b`` are taken as they are.
        equalities : sequence of sympy expressions or `sympy.Eq`
        variables : sequence of sympy symbols or str, optional
            By default all free symbols, sorted by name.
        matrix_inequalities : sequence of sympy matrices or lists of rows

        Raises
        ------
        InvalidInput
            When an expression is not a polynomial with real coefficients.
        """
        left = [one_sided(g, False) for g in items(inequalities, "from_sympy: inequalities", "a list of expressions")]
        equal = [one_sided(h, True) for h in items(equalities, "from_sympy: equalities", "a list of expressions")]
        matrices = as_matrices(matrix_inequalities, "from_sympy: matrix_inequalities")
        inner = {name for matrix in matrices for entry in upper_entries(matrix) for name in entry.variables}
        if variables is None:
            over = sorted(inner | {name for each in (minimize, maximize, *left, *equal) for name in free_names(each)})
        else:
            given = items(variables, "from_sympy: variables", "a list of symbols or names")
            over = [converted(str, each, "from_sympy: variables", "symbols or names") for each in given]
            if len(set(over)) != len(over):
                raise InvalidInput(f"from_sympy: variables {over!r:.200}: expected distinct symbols or names")
        return cls(
            None if minimize is None else from_sympy(minimize, over),
            tuple(from_sympy(g, over) for g in left),
            tuple(from_sympy(h, over) for h in equal),
            tuple(over),
            maximize=None if maximize is None else from_sympy(maximize, over),
            matrix_inequalities=matrices,
        )

    def to_sympy(self) -> tuple[Any, ...]:
        """Return objective, inequalities (``>= 0``) and equalities (``= 0``) as sympy expressions; `sense` apart.

        Where there are matrix inequalities, the list of these as sympy matrices follows.
        """
        return as_sympy(self)

    # -- JSON ----------------------------------------------------------------------------------------------

    @classmethod
    def from_json(cls, source: str | PathLike[str] | Mapping[str, Any]) -> Problem:
        """Read a problem from a JSON file or from the dictionary that such a file holds.

        Raises
        ------
        InvalidInput
            When the file cannot be read or a part of it is not as the format says; the message names the part.
        """
        return cls(**fields_of(source if isinstance(source, Mapping) else read_json(source)))

    def as_dict(self) -> dict[str, Any]:
        """Return the problem as the dictionary that `from_json` reads; exact coefficients become strings.

        Raises
        ------
        InvalidInput
            A coefficient is a fraction of more than 4000 digits.
        """
        return document_of(self)

    def to_json(self, path: str | PathLike[str]) -> None:
        """Write the problem to a JSON file; the file appears whole or not at all.

        Raises
        ------
        InvalidInput
            The file cannot be written.
        """
        write_whole(path, json.dumps(self.as_dict(), allow_nan=False) + "\n")

    def __repr__(self) -> str:
        parts = {self.sense.value: self.objective, "inequalities": self.inequalities, "equalities": self.equalities}
        parts |= {"variables": self.variables} | ({} if self.squares is None else {"squares": self.squares})
        parts |= {"matrix_inequalities": self.matrix_inequalities} if self.matrix_inequalities else {}
        return f"Problem({', '.join(f'{name}={brief(value)}' for name, value in parts.items())})"

    def __str__(self) -> str:
        lines = [f"{self.sense.value} {self.objective}"]
        lines += [f"  {g} >= 0" for g in self.inequalities]
        lines += [f"  {h} = 0" for h in self.equalities]
        for matrix in self.matrix_inequalities:
            lines.append(f"  [{'; '.join(', '.join(map(str, row)) for row in matrix)}] is positive semidefinite")
        return "\n".join(lines)


def term_size(polynomial: Polynomial, point: NDArray[np.float64]) -> float:
    """Return the sum of the absolute terms at `point`, at least the largest coefficient (1 for the zero polynomial).

    Rounding makes a value at `point` uncertain by about 1e-16 of this.
    """
    sizes = Polynomial(polynomial.support, np.abs(polynomial.values), polynomial.variables)
    return max(float(sizes(np.abs(point))), polynomial.scale) or 1.0
