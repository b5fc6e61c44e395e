r"""From a moment problem to one conic program.

The unknowns are 1 and the scaled moments of all measures, one after the other. Each measure has the moment matrix and
the localizing matrices of the dense relaxation of its support, without the equation that normalises them. A constraint
is one row, homogeneous with the first unknown, which is fixed to 1 and is a block of size one as well: the identity

.. math::

    c_0 - \gamma - \sum_k \lambda_k c_k \ge 0, \qquad
    p_{0i} - \sum_k \lambda_k p_{ki} = \sigma_{0i} + \sum_j \sigma_{ij} g_{ij} + \sum_l \lambda_{il} h_{il}

then has room where it can have any, and its bound is :math:`\gamma`. Variables, masses, constraints and the objective
are scaled by powers of two, so that the way back is exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..conditioning.affine import AffineChange, balanced_units, power_of_two, scale_by
from ..errors import OrderTooLow
from ..polynomials import Polynomial
from ..polynomials.comparison import Relation
from ..problem import Problem
from ..relaxations import Relaxation, assemble, dense_plan
from ..sdp import SDP
from .expressions import Measure, MomentExpression
from .program import MomentProblem

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Part:
    """One measure: its support in scaled variables, relaxed, and where its moments are among the unknowns."""

    measure: Measure
    change: AffineChange
    relaxation: Relaxation
    start: int

    @property
    def units(self) -> Floats:
        """What the variables are measured in, powers of two."""
        return np.asarray(np.diag(self.change.matrix))

    @property
    def columns(self) -> slice:
        """Its unknowns."""
        return slice(self.start, self.start + self.relaxation.sdp.n_moments)

    def scaled(self, polynomial: Polynomial) -> Polynomial:
        """Return a polynomial in the scaled variables."""
        weights = np.prod(self.units**polynomial.exponents, axis=1)
        return Polynomial(polynomial.support, polynomial.values * weights, polynomial.variables)


@dataclass(frozen=True, eq=False)
class Assembled:
    """The program of a moment problem.

    Attributes
    ----------
    problem : MomentProblem
    parts : tuple of Part
    sdp : SDP
        The unknowns are 1, then the moments of each measure divided by `mass`.
    mass, cost : float
        The units of moments and of the objective, powers of two.
    rows : (constraints, unknowns) CSR matrix
        Of all constraints, equations or not, divided by `row_scale`.
    row_scale : (constraints,) array
        What each constraint was divided by, in units of moments.
    """

    problem: MomentProblem
    parts: tuple[Part, ...]
    sdp: SDP
    mass: float
    cost: float
    rows: sp.csr_matrix
    row_scale: Floats

    def value(self, scaled: float) -> float:
        """Return a value of what is minimised in the user's units."""
        return scaled * self.cost

    @property
    def is_equation(self) -> NDArray[np.bool_]:
        """Which constraints are equations."""
        return np.array([each.relation is Relation.ZERO for each in self.problem.constraints], dtype=bool)


def assembled(problem: MomentProblem, order: int, memory_limit: int | None = None) -> Assembled:
    """Return the program of an order.

    Raises
    ------
    OrderTooLow, ProblemTooLarge
    """
    if order < problem.minimum_order:
        raise OrderTooLow(f"order {order}: the relaxations of this moment problem begin at {problem.minimum_order}")
    parts, start = [], 1
    for measure in problem.measures:
        change = scale_by(measure.support, _units(problem, measure))
        relaxation = assemble(dense_plan(change.problem, order, memory_limit, in_quotient=False))
        parts.append(Part(measure, change, relaxation, start))
        start += relaxation.sdp.n_moments
    constants = np.array([each.expression.constant for each in problem.constraints])
    rows = _rows(parts, [each.expression for each in problem.constraints], start)
    sizes = np.abs(rows).max(axis=1).toarray().reshape(-1) if len(constants) else np.zeros(0)
    row_scale = np.array([power_of_two(size) for size in sizes])
    mass = power_of_two(float(np.abs(constants / row_scale).max(initial=0.0)))
    row_scale = row_scale * mass
    rows = sp.csr_matrix(sp.diags(mass / row_scale) @ rows + _first(constants / row_scale, start))
    objective = problem.sense.turned(1.0) * problem.objective
    whole = mass * _rows(parts, [objective], start) + _first(np.array([objective.constant]), start)
    cost_row = np.asarray(whole.toarray()).reshape(-1)
    cost = power_of_two(float(np.abs(cost_row[1:]).max(initial=0.0)) or abs(float(cost_row[0])))
    equation = np.array([each.relation is Relation.ZERO for each in problem.constraints], dtype=bool)
    return Assembled(
        problem, tuple(parts), _program(parts, cost_row / cost, rows, equation), mass, cost, rows, row_scale
    )


def _program(parts: list[Part], cost: Floats, rows: sp.csr_matrix, equation: NDArray[np.bool_]) -> SDP:
    """Return the program: 1 is fixed, then equations, then the supports' own; last blocks are 1 and inequalities."""
    own = [part.relaxation.sdp for part in parts]
    one = _first(np.ones(1), len(cost))
    of_supports = sp.block_diag([each.equalities[1:] for each in own], format="csr")
    before = sp.csr_matrix((of_supports.shape[0], 1))
    equalities = sp.vstack([one, rows[equation], sp.hstack([before, of_supports])], format="csr")
    of_blocks = sp.block_diag([each.operator for each in own], format="csr")
    before = sp.csr_matrix((of_blocks.shape[0], 1))
    operator = sp.vstack([sp.hstack([before, of_blocks]), one, rows[~equation]], format="csr")
    sizes = [size for each in own for size in each.sizes] + [1] * (1 + int((~equation).sum()))
    right = np.zeros(equalities.shape[0])
    right[0] = 1.0
    return SDP(cost, equalities, right, operator, tuple(sizes))


def _first(values: Floats, width: int) -> sp.csr_matrix:
    """Return the matrix with these values in its first column."""
    places = np.zeros(len(values), dtype=np.intp)
    return sp.csr_matrix((values, (np.arange(len(values)), places)), shape=(len(values), width))


def _rows(parts: list[Part], expressions: list[MomentExpression], width: int) -> sp.csr_matrix:
    """Return the coefficients of scaled moments, one row an expression, without the constants."""
    matrix = sp.lil_matrix((len(expressions), width))
    for k, expression in enumerate(expressions):
        for part in parts:
            if part.measure in expression.parts:
                polynomial = part.scaled(expression.parts[part.measure])
                places = part.start + part.relaxation.monomials.find(polynomial.exponents)
                matrix[k, places] = polynomial.values
    return sp.csr_matrix(matrix)


def _units(problem: MomentProblem, measure: Measure) -> Floats:
    """Return units for the variables of a measure in which its support, and what is known of it, has numbers near 1."""
    known = [
        each.expression.parts[measure] + each.expression.constant
        for each in problem.constraints
        if measure in each.expression.parts
    ]
    support = measure.support
    told = [p for p in known if p.degree > 0]
    pure = Problem(support.minimize, support.inequalities, (*support.equalities, *told), variables=support.variables)
    return balanced_units(pure)
