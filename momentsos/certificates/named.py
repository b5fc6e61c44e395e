r"""A bound that the user names, proved as it is: nothing is lowered, and nothing is added to the problem.

With the bound `b` held fixed, the program of the largest :math:`\varepsilon` with an identity
:math:`(f - b) W = \dots` in Gram matrices :math:`X_j \succeq \varepsilon I` decides: where it is positive the matrices
are rounded; where it is zero, because the infimum is `b` or a square cannot occur, its dual solution exposes a face on
which the same is asked again; where it is negative there is no identity of this order.

The zeros of :math:`f - b` on the feasible set say beforehand on which face every identity lies: at such a point `z` the
matrix of a block whose factors are positive there has :math:`v_j(z)`, the basis at `z`, in its kernel. The zeros
themselves may be irrational, their spans need not be: those of :math:`\pm\sqrt 2` are one rational plane.

Sources: Peyrl and Parrilo, *Computing sum of squares decompositions with rational coefficients*, Theoret. Comput. Sci.
409 (2008), section 3; Permenter and Parrilo, *Partial facial reduction*, Math. Program. 171 (2018).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..errors import BadOption, OrderTooLow, ProblemTooLarge
from ..hierarchy.methods.squares import SquaresRelaxation
from ..machine.checks import converted, shown
from ..polynomials import basis_size
from ..problem import Problem, term_size
from ..relaxations.unfolded import unfolded
from ..sdp import smat, svec
from ..sdp.exposing import Rows, orthogonal_rows, recognised
from ..solvers import SolverOptions, solve_sdp
from .document import sealed
from .errors import CertificateError
from .faces import kernel_of, newton_face
from .format import Refused
from .frame import block_scales, frame_of
from .goal import Goal, Proved
from .interior import Candidate, margins, projected
from .rounding import exact_gram
from .shape import Shape, shape_of, unit_rows
from .sources import bound_pairs, own_relaxation, refined
from .squares import proved_by_factor, proved_squares
from .verify import MAX_VARIABLES

if TYPE_CHECKING:
    from ..hierarchy.result import Result

#: From this margin on rounding is tried; below the second, in absolute value, a face is looked for.
_MARGIN, _EXPOSED = 1e-10, 1e-6
#: Least eigenvalue, with unit diagonal, from which rounding is tried.
_DEFINITE = 1e-13
#: Faces are reduced at most this many times.
_MOST_FACES = 8
#: A dense relaxation of our own has at most this many moments.
_MOST_MOMENTS = 1_500
#: Points at which the objective exceeds the bound by at most this share of its terms count as zeros.
_ZERO = 1e-7
#: Denominators and tolerances with which spans of zeros are recognised as rational, in turn.
_RATIONAL = ((64, 1e-6), (10_000, 1e-9), (8, 2e-2))
#: Singular values of zeros below this share of the largest belong to zeros that were found twice.
_TWICE = 1e-5


def as_bound(value: object) -> Fraction:
    """Return a bound that a user names as the number that it is; raise `BadOption` for what is none."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real | Decimal):
        raise BadOption(f"bound = {shown(value)}: expected a number, such as 0 or a fraction")
    return converted(Fraction, value, "bound", "a finite number, such as 0 or a fraction", BadOption)


def prove_named(result: Result, bound: Fraction, solver: str, until: float) -> Proved:
    """Return the document that proves a bound of the objective.

    Parameters
    ----------
    result : Result
    bound : Fraction
        In the sense of the objective.
    solver : str
    until : float
        On the clock of `time.perf_counter`.

    Raises
    ------
    CertificateError
        A feasible point contradicts the bound, or no proof of it was found.
    """
    problem, sense = result.problem, result.problem.sense
    if problem.n_variables > MAX_VARIABLES:
        raise CertificateError(f"{problem.n_variables} variables: certificates have at most {MAX_VARIABLES}")
    wanted = sense.turned(bound)
    lower, upper = sense.bounds(result.lower_bound, result.upper_bound)
    if upper is not None and upper < wanted:
        side = "above" if sense.maximizes else "below"
        point = np.array2string(result.minimizers[0], precision=6, threshold=8)
        raise CertificateError(
            f"{_text(bound)} is no bound: the objective is {sense.turned(upper):.9g} at {point}, {side} it"
        )
    goal = Goal(float(wanted), 0.0, solver, until)
    reasons = []
    if problem.squares is not None:
        try:
            if isinstance(result.relaxation, SquaresRelaxation):
                return proved_squares(result, result.relaxation, wanted, wanted)
            return proved_by_factor(result, wanted)
        except CertificateError as error:
            reasons.append(str(error))
    for shape in _shapes(result, wanted):
        try:
            return on_faces(result, shape, wanted, goal)
        except CertificateError as error:
            reasons.append(str(error))
    known = "" if lower is None else f"; without a bound named, certify proves one near {sense.turned(lower):.6g}"
    why = "; then ".join(dict.fromkeys(reasons)) or "no relaxation is at hand"
    raise CertificateError(f"no proof of the bound {_text(bound)} was found: {why}{known}")


def _text(bound: Fraction) -> str:
    text = str(bound)
    return text if len(text) <= 24 else f"about {float(bound):.12g}"


def _shapes(result: Result, wanted: Fraction) -> Iterator[Shape]:
    """Yield shapes of identities to try: of the result's own relaxation, and of dense ones on the face of the zeros.

    The result's comes first where the bound is not attained. It is none where a ball was added to the problem.
    """
    zeros = _zeros(result, wanted)
    if not len(zeros):
        yield from _own(result)
    yield from _dense(result, zeros)
    if len(zeros):
        yield from _own(result)


def _own(result: Result) -> Iterator[Shape]:
    relaxation, solution, change = result.relaxation, result.solution, result.change
    if relaxation is None or solution is None or isinstance(relaxation, SquaresRelaxation):
        return
    if len(change.original.inequalities) == len(result.problem.inequalities):
        source = refined(*unfolded(relaxation, solution, change.problem), change)
        whole = shape_of(source.relaxation, source.scales, frame_of(source.relaxation.plan, change))
        yield whole.on_face(newton_face(whole))


def _dense(result: Result, zeros: NDArray[np.float64]) -> Iterator[Shape]:
    """Yield the shapes of the dense relaxations of the order of the result, and the next, where they are small."""
    problem = result.problem
    first = max(problem.minimum_order, result.order or 0)
    size = np.abs(zeros).max(axis=0) if len(zeros) else np.ones(problem.n_variables)
    for order in (first, first + 1):
        if basis_size(problem.n_variables, 2 * order) > _MOST_MOMENTS:
            return
        try:
            relaxation, change = own_relaxation(
                problem, order, np.where(size > 0, size, 1.0), bound_pairs(problem) or []
            )
        except (ProblemTooLarge, OrderTooLow):
            return
        plan = relaxation.plan
        whole = shape_of(relaxation, block_scales(plan, change), frame_of(plan, change))
        shape = whole.on_face(newton_face(whole))
        yield shape.on_face(face_of_zeros(shape, problem, np.diag(change.matrix), zeros)) if shape.blocks else shape


def _zeros(result: Result, wanted: Fraction) -> NDArray[np.float64]:
    """Return the known feasible points at which the objective attains a bound."""
    f, points = result.problem.minimize, result.minimizers
    near = [abs(f(z) - float(wanted)) <= _ZERO * term_size(f, z) for z in points]
    return points[np.array(near, dtype=bool)]


def face_of_zeros(shape: Shape, problem: Problem, units: NDArray[np.float64], zeros: NDArray[np.float64]) -> list[Rows]:
    """Return for each block the combinations that vanish at the zeros, where these are recognised as rational."""
    faces = []
    for block in shape.blocks:
        whole = unit_rows(range(block.size), block.size)
        counted = [z for z in zeros if all(_is_inside(problem, j, z) for j in block.factors)]
        singles = [single for single in block.singles if single is not None]
        if not counted or len(singles) < block.size:
            faces.append(whole)
            continue
        exponents = np.array(singles)
        rows = _rational_kernel(np.array([np.prod(z**exponents, axis=1) for z in counted]))
        powers = [Fraction(float(np.prod(units**row))) for row in exponents]
        faces.append(
            whole if rows is None else tuple(tuple(c * p for c, p in zip(row, powers, strict=True)) for row in rows)
        )
    return faces


def _is_inside(problem: Problem, number: int, point: NDArray[np.float64]) -> bool:
    """Whether an inequality is not active at a point."""
    g = problem.inequalities[number]
    return bool(g(point) > np.sqrt(_ZERO) * term_size(g, point))


def _rational_kernel(rows: NDArray[np.float64]) -> Rows | None:
    """Return a rational basis of the vectors that are orthogonal to rows, None where their span is not recognised."""
    largest = np.abs(rows).max(axis=1, keepdims=True)
    rows = rows[largest[:, 0] > 0] / largest[largest[:, 0] > 0]
    if not len(rows):
        return None
    _, values, vectors = np.linalg.svd(rows, full_matrices=False)
    span = vectors[values > _TWICE * values[0]]
    for denominator, near in _RATIONAL:
        found = recognised(span, denominator, near)
        if found is not None:
            return orthogonal_rows(found, rows.shape[1])
    return None


@dataclass(frozen=True, eq=False)
class _Interior:
    """The largest margin of an identity with a fixed bound, Gram matrices with it, and the matrices against it."""

    margin: float
    candidate: Candidate
    against: list[NDArray[np.float64]]


def _most_interior(shape: Shape, goal: Goal) -> _Interior:
    r"""Solve the program of the margin: its dual minimises :math:`L((f - b) W)` over functionals of trace one."""
    sdp = shape.sdp
    gamma = goal.lower * shape.objective
    identity = np.concatenate([svec(np.eye(size)) for size in sdp.sizes])
    trace = sp.csr_matrix(sdp.operator.T @ identity)
    rest = sdp.equalities[1:]
    first = np.asarray(sdp.equalities[0].todense()).reshape(-1)
    program = replace(
        sdp,
        cost=sdp.cost - gamma * first,
        equalities=sp.vstack([rest, trace], format="csr"),
        right_side=np.append(np.zeros(rest.shape[0]), 1.0),
    )
    answer = solve_sdp(goal.solver, program, SolverOptions(time_limit=goal.left()))
    if answer.moments is None or answer.gram is None or answer.equality_duals is None:
        raise CertificateError("no solver could tell whether there is an identity")
    margin = float(answer.equality_duals[-1])
    candidate = Candidate(answer.gram + margin * identity, answer.equality_duals[:-1], gamma)
    against = [smat(rows) for rows in sdp.split(np.asarray(sdp.operator @ answer.moments))]
    return _Interior(margin, candidate, against)


def on_faces(result: Result, shape: Shape, wanted: Fraction, goal: Goal) -> Proved:
    """Return the document of a proof on smaller and smaller faces.

    Raises
    ------
    CertificateError
        There is no identity, or none was found; the message says why.
    """
    for _ in range(_MOST_FACES):
        if goal.late:
            raise CertificateError("the time limit was reached")
        if not shape.blocks:
            return _without_squares(result, shape, wanted)
        found = _most_interior(shape, goal)
        if found.margin > _MARGIN:
            document = _document(result, shape, found.candidate, wanted)
            if document is not None:
                return document
        if found.margin < -_EXPOSED:
            raise CertificateError(f"there is no identity of degree {_degree(shape)}")
        faces = [kernel_of(matrix) for matrix in found.against]
        sizes = [block.size for block in shape.blocks]
        if all(rows is None or len(rows) == size for rows, size in zip(faces, sizes, strict=True)):
            raise CertificateError("Gram matrices are singular, in a way that was not recognised as rational")
        shape = shape.on_face(
            [unit_rows(range(n), n) if rows is None else rows for rows, n in zip(faces, sizes, strict=True)]
        )
    raise CertificateError(f"after {_MOST_FACES} reductions to faces the Gram matrices are still singular")


def _without_squares(result: Result, shape: Shape, wanted: Fraction) -> Proved:
    """Return the document of an identity that has no squares left, but multipliers of equalities."""
    nothing = Candidate(np.zeros(0), np.zeros(sum(len(m.basis) for m in shape.multipliers)), 0.0)
    try:
        return sealed(result, shape, exact_gram(shape, nothing, wanted), wanted)
    except (CertificateError, Refused) as error:
        raise CertificateError("every Gram matrix is forced to be zero") from error


def _degree(shape: Shape) -> int:
    """Return the degree of the squares without factor, the order of the relaxation doubled."""
    return max((2 * int(block.basis.sum(axis=1).max()) for block in shape.blocks if not block.factors), default=0)


def _document(result: Result, shape: Shape, candidate: Candidate, wanted: Fraction) -> Proved | None:
    """Return the proof by a candidate, None when rounding fails or the verifier refuses it."""
    moved = projected(shape.sdp, candidate)
    if margins(shape.sdp, moved).min(initial=1.0) <= _DEFINITE:
        return None
    try:
        return sealed(result, shape, exact_gram(shape, moved, wanted), wanted)
    except (CertificateError, Refused):
        return None
