r"""The proof that a polynomial is nowhere below a number: an identity with a denominator, see `relaxations.multiplied`.

The number is fixed, and is as a rule the infimum: the Gram matrices are singular at every zero. These are exposed by
the zeros that are known, and by functionals (`momentsos.certificates.named`).
"""

from __future__ import annotations

import time
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..conditioning.affine import scale_by
from ..errors import ProblemTooLarge
from ..polynomials import basis_size
from ..relaxations import Plan, assemble
from ..relaxations.multiplied import multiplied_plan
from .certificate import Certificate
from .errors import CertificateError
from .faces import newton_face
from .frame import block_scales, frame_of
from .goal import Goal, Proved
from .named import face_of_zeros, on_faces
from .shape import Shape, shape_of

#: Constants and powers of denominators for a bound that the user names, with bases of up to this many monomials.
NAMED, MOST_MONOMIALS = ((1, 1), (0, 1), (1, 2), (0, 2)), 220

if TYPE_CHECKING:
    from ..hierarchy.result import Result


def prove_multiplied(
    result: Result,
    bound: Fraction,
    constant: int,
    power: int,
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
    constant, power : int
        Of the denominator :math:`(c + \sum_i (x_i / u_i)^2)^k`; the `u` are the sizes of the zeros.
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
    try:
        gamma = bound / Fraction(change.objective)
        plan = multiplied_plan(change.problem.minimize, gamma, constant, power)
    except ProblemTooLarge as error:
        raise CertificateError(str(error)) from error
    if not plan.blocks:
        raise CertificateError("no monomial can occur in the squares")
    shape = _shape(plan, change, bound)
    goal = Goal(float(bound), 0.0, solver, until)
    if len(zeros):
        own = shape.on_face(face_of_zeros(shape, problem, np.diag(change.matrix), zeros))
        try:
            return on_faces(result, own, bound, goal)
        except CertificateError:
            if goal.late:
                raise
    return on_faces(result, shape, bound, goal)


def certified_everywhere(
    result: Result,
    bound: Fraction,
    constant: int,
    power: int,
    zeros: NDArray[np.float64],
    solver: str = "auto",
    until: float = np.inf,
) -> Certificate | None:
    """Return the certificate of `prove_multiplied`, None where no identity was found."""
    began = time.perf_counter()
    try:
        document, attained = prove_multiplied(result, bound, constant, power, zeros, solver, until)
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
    for constant in (0, 1):
        found = certified_everywhere(result, Fraction(lower), constant, result.order, zeros, solver, until)
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
            found = certified_everywhere(result, bound, constant, power, zeros, solver, until)
            if found is not None:
                return found
    return None


def _shape(plan: Plan, change: object, bound: Fraction) -> Shape:
    """Return the shape of the identity; moments that no Gram matrix sees are left out where the bound is zero."""
    relaxation = assemble(plan)
    shape = shape_of(relaxation, block_scales(plan, change), frame_of(plan, change))
    shape = shape.on_face(newton_face(shape))
    if bound or plan.normalization.degree == 0:
        return shape
    seen = np.asarray(abs(shape.sdp.operator).sum(axis=0)).reshape(-1) > 0
    seen |= shape.sdp.cost != 0
    sdp = shape.sdp
    own = replace(sdp, cost=sdp.cost[seen], equalities=sdp.equalities[:, seen], operator=sdp.operator[:, seen])
    return replace(shape, sdp=own)
