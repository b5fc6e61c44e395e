r"""The proof that a polynomial is nowhere below a number: an identity with a denominator, see `relaxations.multiplied`.

The number is fixed, and is as a rule the infimum: the Gram matrices are singular at every zero. These are exposed by
the zeros that are known, and by functionals (`momentsos.certificates.named`).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..conditioning.affine import AffineChange, scale_by
from ..errors import ProblemTooLarge
from ..polynomials import Polynomial, basis_size
from ..relaxations import Relaxation, assemble
from ..relaxations.multiplied import all_squares, multiplied_plan, power_of_squares
from .certificate import Certificate
from .errors import CertificateError
from .faces import newton_face
from .frame import Frame, block_scales
from .goal import Goal, Proved
from .named import face_of_zeros, on_faces
from .quadratic import best_quadratic
from .shape import Shape, shape_of
from .zeros import vanishing_rows

#: Constants and powers of denominators for a bound that the user names, with bases of up to this many monomials.
NAMED, MOST_MONOMIALS = ((1, 1), (0, 1), (1, 2), (0, 2)), 220

if TYPE_CHECKING:
    from ..hierarchy.result import Result


@dataclass(frozen=True)
class Denominator:
    r"""What a polynomial is multiplied by: :math:`(c + \sum_i l_i^2)^k`.

    Attributes
    ----------
    constant, power : int
        The `c`, 0 or 1, and the `k`.
    free : bool
        Whether the linear forms `l_i` are looked for; else they are the variables, in units of the zeros.
    """

    constant: int
    power: int
    free: bool = False


def prove_multiplied(
    result: Result,
    bound: Fraction,
    denominator: Denominator,
    zeros: NDArray[np.float64],
    solver: str = "auto",
    until: float = np.inf,
) -> Proved:
    r"""Return the document that proves :math:`f \ge \gamma` over all of :math:`\mathbb R^n`.

    Parameters
    ----------
    result : Result
        Of a problem without constraints.
    bound : Fraction
        The :math:`\gamma`, in the sense of what is minimised.
    denominator : Denominator
    zeros : (r, n) array
        Points at which the polynomial is :math:`\gamma`, or nearly so.
    solver : str
    until : float
        On the clock of `time.perf_counter`.

    Raises
    ------
    CertificateError
        There is no identity, or none was found; the message says why.
    """
    problem = result.problem
    size = np.abs(zeros).max(axis=0) if len(zeros) else np.ones(problem.n_variables)
    change = scale_by(problem, np.where(size > 0, size, 1.0))
    f, gamma = change.problem.minimize, bound / Fraction(change.objective)
    goal = Goal(float(bound), 0.0, solver, until)
    weight = all_squares(f) if denominator.free else power_of_squares(f, denominator.constant, denominator.power)
    try:
        plan = multiplied_plan(f, gamma, weight)
    except ProblemTooLarge as error:
        raise CertificateError(str(error)) from error
    if not plan.blocks:
        raise CertificateError("no monomial can occur in the squares")
    frame = Frame(
        problem,
        (Fraction(0),) * problem.n_variables,
        tuple(tuple(map(Fraction, row)) for row in change.matrix.tolist()),
        denominator.power,
        tuple(np.flatnonzero(f.support.occurs).tolist()),
        denominator.constant,
    )
    relaxation = assemble(plan)
    shape = shape_of(relaxation, block_scales(plan, change), frame)
    if denominator.free:
        return _with_quadratic(result, relaxation, shape, change, zeros, goal)
    shape = _without_unseen(shape.on_face(newton_face(shape)), bound)
    if len(zeros):
        own = shape.on_face(
            vanishing_rows(shape, bound, zeros) or face_of_zeros(shape, problem, np.diag(change.matrix), zeros)
        )
        try:
            return on_faces(result, own, bound, goal)
        except CertificateError:
            if goal.late:
                raise
    return on_faces(result, shape, bound, goal)


def _with_quadratic(
    result: Result, relaxation: Relaxation, shape: Shape, change: AffineChange, zeros: NDArray[np.float64], goal: Goal
) -> Proved:
    """Return the document of a proof of zero, for a form, with the quadratic that leaves the most room."""
    f, whole = change.problem.minimize, shape
    if len(zeros):
        shape = shape.on_face(
            vanishing_rows(shape, Fraction(0), zeros)
            or face_of_zeros(shape, result.problem, np.diag(change.matrix), zeros)
        )
    found = best_quadratic(shape, relaxation.monomials.rows, f, goal)
    terms = [sum((c * x for c, x in zip(row, variables_of(f), strict=True)), 0 * f) for row in found.forms]
    weight = sum((form * form for form in terms), 0 * f)
    plan = replace(relaxation.plan, objective=f * weight, normalization=weight)
    frame = replace(shape.frame, forms=found.forms)
    own = shape_of(assemble(plan), block_scales(plan, change), frame)
    faces = {block.basis.tobytes(): block.combination for block in found.shape.blocks}
    own = own.on_face([faces.get(block.basis.tobytes(), ()) for block in whole.blocks])
    return on_faces(result, _without_unseen(own, Fraction(0)), Fraction(0), goal)


def variables_of(f: Polynomial) -> list[Polynomial]:
    """Return the variables as polynomials."""
    unit = np.eye(len(f.variables), dtype=np.int64)
    return [Polynomial.from_terms(row[None, :], [1.0], f.variables) for row in unit]


def certified_everywhere(
    result: Result,
    bound: Fraction,
    denominator: tuple[int, int, bool],
    zeros: NDArray[np.float64],
    solver: str = "auto",
    until: float = np.inf,
) -> Certificate | None:
    """Return the certificate of `prove_multiplied`, None where no identity was found."""
    began = time.perf_counter()
    try:
        document, attained = prove_multiplied(result, bound, Denominator(*denominator), zeros, solver, until)
    except CertificateError:
        return None
    return Certificate.of(document, attained, time.perf_counter() - began)


def certified_again(result: Result, solver: str, until: float) -> Certificate:
    """Return the certificate of a result whose bound is of this kind, as `momentsos.hierarchy.everywhere` finds it.

    Raises
    ------
    CertificateError
        No identity was found in time.
    """
    lower, upper = result.problem.sense.bounds(result.lower_bound, result.upper_bound)
    assert lower is not None and result.order is not None
    zeros = result.minimizers if lower == upper else result.minimizers[:0]
    zeros = zeros[zeros.any(axis=1)]
    kinds = [(0, result.order, False), (1, result.order, False), *([(0, 1, True)] if result.order == 1 else [])]
    for kind in kinds:
        found = certified_everywhere(result, Fraction(lower), kind, zeros, solver, until)
        if found is not None:
            return found
    raise CertificateError(
        "the identity with a denominator that was found before was not found again in the time given"
    )


def named_everywhere(result: Result, bound: Fraction, solver: str, until: float) -> Certificate | None:
    """Return a certificate of a bound of what is minimised, where nothing is constrained and one of these is found."""
    problem = result.problem
    _, upper = problem.sense.bounds(result.lower_bound, result.upper_bound)
    if problem.inequalities or problem.equalities or (upper is not None and upper < bound):
        return None
    zeros = result.minimizers if upper is not None and upper == bound else result.minimizers[:0]
    for constant, power in NAMED:
        monomials = basis_size(problem.n_variables, problem.minimize.degree // 2 + power)
        if monomials <= MOST_MONOMIALS and time.perf_counter() < until:
            found = certified_everywhere(result, bound, (constant, power, False), zeros, solver, until)
            if found is not None:
                return found
    return None


def _without_unseen(shape: Shape, bound: Fraction) -> Shape:
    """Return the shape without moments that no Gram matrix sees, where the bound is zero."""
    sdp = shape.sdp
    seen = np.asarray(abs(sdp.operator).sum(axis=0)).reshape(-1) > 0
    seen |= sdp.cost != 0
    if bound or seen.all():
        return shape
    own = replace(sdp, cost=sdp.cost[seen], equalities=sdp.equalities[:, seen], operator=sdp.operator[:, seen])
    return replace(shape, sdp=own)
