"""`certify`: from a result to an exact certificate, lowering the bound step by step within the tolerance."""

from __future__ import annotations

import time
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from ..bounds.region import Everything
from ..branching.steps import Ended
from ..errors import BadOption
from ..hierarchy.methods.squares import SquaresRelaxation
from ..hierarchy.request import is_number
from ..hierarchy.status import Status
from ..machine.checks import shown
from ..relaxations.multiplied import METHOD as MULTIPLIED
from ..solvers import solver_named
from .certificate import Certificate
from .document import sealed
from .errors import CertificateError
from .faces import exposed_face, newton_face, restricted
from .format import Refused
from .frame import frame_of
from .goal import Goal, Proved
from .interior import (
    Candidate,
    lowered,
    margins,
    projected,
    traces,
    with_margin,
)
from .multiplied import certified_again, named_everywhere
from .named import as_bound, prove_named
from .rounding import exact_gram
from .shape import Shape, shape_of
from .sources import Source, sources
from .squares import proved_by_factor, proved_squares
from .tree_document import sealed_tree
from .verify import MAX_VARIABLES

if TYPE_CHECKING:
    from ..branching.tree import Tree
    from ..hierarchy.result import Result

#: The bound is lowered by these shares of the tolerance in turn.
STEPS = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
#: Faces are reduced at most this many times.
MOST_FACES = 8
#: Least eigenvalue, with unit diagonal, from which rounding is tried.
MARGIN = 1e-13
#: An absolute loss of this share of the objective's scale, times the tolerance, is always allowed.
ABSOLUTE = 1e-4


def certify(
    result: Result,
    tolerance: float = 1e-4,
    *,
    bound: float | Fraction | None = None,
    solver: str = "auto",
    time_limit: float | None = 60.0,
) -> Certificate:
    r"""Turn the bound of a result, or one that the user names, into a theorem.

    The Gram matrices of the deciding relaxation are moved into the interior of the cone, rounded to binary
    fractions, and corrected exactly until the identity holds; the verifier then checks the whole document. The
    bound is lowered step by step, from :math:`10^{-5}` of the tolerance to the tolerance, until this succeeds.

    Parameters
    ----------
    result : Result
        With a relaxation and the solution of its program.
    tolerance : float
        The largest share of the bounds' size by which the bound may be lowered; where they are nearly zero, the
        largest loss is 1e-4 of the tolerance times the objective's own scale.
    bound : number, optional
        What is proved instead, exactly and with nothing added to the problem: that the objective is nowhere on the
        feasible set below this (above, where it is maximised). See `momentsos.certificates.named`.
    solver : str
        For the programs that are solved to get into the interior.
    time_limit : float, optional
        Seconds after which nothing new is tried.

    Returns
    -------
    Certificate

    Raises
    ------
    BadOption, SolverUnavailable
        An argument is out of range; the message names it.
    CertificateError
        There is no bound to certify, or no certificate within the tolerance was found; the message says why. Of a
        bound that was named: it does not hold, or no proof of it was found.
    """
    began = time.perf_counter()
    _check(tolerance, solver, time_limit)
    until = np.inf if time_limit is None else began + time_limit
    if result.problem.ratios:
        raise CertificateError(
            "a certificate states polynomials, no ratios: whether the bound is a theorem is in result.rigorous; or "
            "solve problem.lifted() and certify that"
        )
    if result.problem.matrix_inequalities:
        raise CertificateError(
            "a certificate states polynomials, no matrix inequalities: whether the bound is a theorem is in "
            "result.rigorous; or state the inequalities of problem.spelled_out() in place of the matrices"
        )
    if bound is None and result.tree is not None:
        return _proved_by_tree(result, result.tree, began, until)
    if bound is None and result.status is Status.INFEASIBLE:
        raise CertificateError(
            "there is no bound to certify, as the constraints exclude each other: a certificate of that is made of "
            "boxes, so ask method='branch'"
        )
    named = None if bound is None else as_bound(bound)
    if result.method == MULTIPLIED and result.lower_bound is not None and result.upper_bound is not None:
        dual = result.upper_bound if result.problem.sense.maximizes else result.lower_bound
        if named in (None, Fraction(dual)):
            return certified_again(result, solver, until)
    if named is not None:
        return _named(result, named, solver, until)
    lower, _ = result.problem.sense.bounds(result.lower_bound, result.upper_bound)
    if lower is not None and lower <= 0 and result.relaxation is None and result.problem.squares is not None:
        document, attained = proved_by_factor(result, Fraction(lower))
        return Certificate.of(document, attained, time.perf_counter() - began)
    if lower is not None and result.relaxation is None:
        raise CertificateError(
            "the relaxation behind the bound is not at hand, as files do not keep it: solve the problem again, or name "
            "a bound, as in certify(bound=0)"
        )
    if result.relaxation is None or result.solution is None or result.solution.gram is None or lower is None:
        raise CertificateError(f"the result has no bound to certify: {result.status} ({result.message})")
    if result.problem.n_variables > MAX_VARIABLES:
        raise CertificateError(f"{result.problem.n_variables} variables: certificates have at most {MAX_VARIABLES}")
    goal = Goal(lower, _allowed(result, tolerance), solver, until)
    if isinstance(result.relaxation, SquaresRelaxation):
        document, attained = proved_squares(result, result.relaxation, goal.lower - STEPS[0] * goal.allowed)
        return Certificate.of(document, attained, time.perf_counter() - began)
    reasons = []
    for source in sources(result, solver, time_limit):
        try:
            document, attained = _prove(result, source, goal)
        except CertificateError as error:
            reasons.append(str(error))
            continue
        return Certificate.of(document, attained, time.perf_counter() - began)
    raise CertificateError(f"no certificate within the tolerance {tolerance:g}: {'; then '.join(reasons)}")


def _proved_by_tree(result: Result, tree: Tree, began: float, until: float) -> Certificate:
    """Return the certificate of a tree of boxes: its leaves as they are, with the bound that all of them have."""
    if result.symmetry is not None:
        raise CertificateError(
            "the boxes are those of the problem with half-spaces that its symmetries allow: ask method='branch' for "
            "boxes of the problem itself"
        )
    if not result.region.everything:
        raise CertificateError(
            "the constraints bound no box, so that one was put around the variables, outside of which nothing is "
            "proved: give bounds on all variables"
        )
    if not tree.stated or not isinstance(result.region, Everything):
        raise CertificateError(
            "the first box was not derived from the constraints step by step: give bounds on all variables"
        )
    if tree.ended is not Ended.CLOSED or not tree.records:
        raise CertificateError(
            "boxes are open, and a certificate is made where all are closed: raise time_limit or memory_limit"
            if tree.ended is not Ended.CLOSED
            else "all boxes are closed, but there were too many to be kept for a certificate"
        )
    lower, _ = result.problem.sense.bounds(result.lower_bound, result.upper_bound)
    bound = (
        None if lower is None else min(Fraction(lower), Fraction(tree.cutoff) * Fraction(tree.model.objective_scale))
    )
    try:
        document, _, attained = sealed_tree(result, tree, bound, max(1.0, min(300.0, until - time.perf_counter())))
    except Refused as error:
        raise CertificateError(f"the proof by boxes does not hold in exact arithmetic: {error}") from error
    return Certificate.of(document, attained, time.perf_counter() - began)


def _named(result: Result, bound: Fraction, solver: str, until: float) -> Certificate:
    """Return the certificate of a bound that the user names, with a denominator where nothing else is found."""
    began = time.perf_counter()
    try:
        document, attained = prove_named(result, bound, solver, until)
    except CertificateError:
        found = named_everywhere(result, result.problem.sense.turned(bound), solver, until)
        if found is None:
            raise
        return found
    return Certificate.of(document, attained, time.perf_counter() - began)


def _check(tolerance: object, solver: object, time_limit: object) -> None:
    """Raise for the first argument of `certify` that is out of range."""
    if not (is_number(tolerance) and 0 < tolerance < 1):
        raise BadOption(f"tolerance = {shown(tolerance)}: expected a number between 0 and 1")
    if not isinstance(solver, str):
        raise BadOption(f"solver = {shown(solver)}: expected a name, see momentsos.available_solvers()")
    solver_named(solver)
    if not (time_limit is None or (is_number(time_limit) and time_limit > 0)):
        raise BadOption(f"time_limit = {shown(time_limit)}: expected seconds above 0, or None")


def _prove(result: Result, source: Source, goal: Goal) -> Proved:
    """Return the document of a proof: from the solution as it is, with a margin mixed in, on smaller and smaller faces.

    Raises
    ------
    CertificateError
        When there is nothing left to try; the message says why.
    """
    solution = source.solution
    if solution.gram is None or solution.equality_duals is None:
        raise CertificateError(f"the solver returned no Gram matrices ({solution.words})")
    whole = shape_of(source.relaxation, source.scales, frame_of(source.relaxation.plan, source.change))
    faces = newton_face(whole)
    shape = whole.on_face(faces)
    gram = restricted(whole, solution.gram, faces)
    sharp = Candidate(gram, solution.equality_duals[1:], goal.lower * whole.objective)
    document = _sharpest(result, shape, sharp, None, goal)
    for _ in range(MOST_FACES):
        inner = None if document else _inner(shape, source, goal)
        if inner is not None:
            document = _sharpest(result, shape, sharp, inner, goal)
        if document is not None:
            return document
        if goal.late:
            raise CertificateError("the time limit was reached")
        if not source.last:
            raise CertificateError("no Gram matrices with a margin were found")
        shape = _smaller(shape, goal)
        solved = with_margin(shape.sdp, 0.0, goal.solver, goal.left())
        if solved is None:
            raise CertificateError("no solution was found on the face that every identity lies on")
        sharp = replace(solved, gamma=min(solved.gamma, sharp.gamma))
        document = _sharpest(result, shape, sharp, None, goal)
    if document is None:
        raise CertificateError(f"after {MOST_FACES} reductions to faces the Gram matrices are still singular")
    return document


def _smaller(shape: Shape, goal: Goal) -> Shape:
    """Return the shape on a smaller face; raise the reason when there is none."""
    exposure = exposed_face(shape, goal.solver, goal.left())
    if exposure.faces is None:
        raise CertificateError(exposure.reason)
    smaller = shape.on_face(exposure.faces)
    if not smaller.blocks:
        raise CertificateError("every Gram matrix is forced to be zero")
    return smaller


def _sharpest(result: Result, shape: Shape, sharp: Candidate, inner: Candidate | None, goal: Goal) -> Proved | None:
    """Return the document with the highest bound among `STEPS`, None when there is none.

    When the first step fails, the last one is tried next, and only if it succeeds those between.
    """
    first = _document(result, shape, sharp, inner, goal, STEPS[0])
    if first is not None:
        return first
    last = _document(result, shape, sharp, inner, goal, STEPS[-1])
    if last is None:
        return None
    for step in STEPS[1:-1]:
        document = None if goal.late else _document(result, shape, sharp, inner, goal, step)
        if document is not None:
            return document
    return last


def _document(
    result: Result, shape: Shape, sharp: Candidate, inner: Candidate | None, goal: Goal, step: float
) -> Proved | None:
    """Return the proof of the bound lowered by `step` of what is allowed, None when the verifier refuses it.

    A share of `inner` is mixed in that costs most of what is lost.
    """
    loss = step * goal.allowed
    bound, candidate = _shortened(goal.lower - loss, loss), sharp
    if inner is not None:
        drop = max(sharp.gamma - inner.gamma, 0.0)
        share = 0.9 * loss * shape.objective
        candidate = sharp.mixed(inner, share / drop if 2 * share < drop else 0.5)
    candidate = lowered(shape, candidate, candidate.gamma - float(bound) * shape.objective)
    moved = projected(shape.sdp, candidate)
    if margins(shape.sdp, moved).min(initial=1.0) <= MARGIN:
        return None
    try:
        return sealed(result, shape, exact_gram(shape, moved, bound), bound)
    except (CertificateError, Refused):
        return None


def _inner(shape: Shape, source: Source, goal: Goal) -> Candidate | None:
    """Return a candidate with a large margin: its bound is lower by no more than the size of the objective."""
    moments = source.solution.moments
    size = 1.0 if moments is None else max(traces(shape.sdp, moments), 1e-12)
    most = float(np.abs(shape.sdp.cost).max())
    for loss in sorted({1e-2 * most, 1e-5 * most, goal.allowed * shape.objective}, reverse=True):
        found = None if goal.late else with_margin(shape.sdp, loss / size, goal.solver, goal.left())
        if found is not None and np.isfinite(found.gram).all():
            return found
    return None


def _allowed(result: Result, tolerance: float) -> float:
    """Return the largest loss of the bound, in the units of the objective."""
    sizes = [abs(b) for b in (result.lower_bound, result.upper_bound) if b is not None]
    return max(tolerance * max(min(sizes, default=0.0), ABSOLUTE * result.unit), 1e-200)


def _shortened(value: float, loss: float) -> Fraction:
    """Return a decimal fraction at most `value`, by at most a tenth of `loss`."""
    digits = max(0, int(np.ceil(-np.log10(loss))) + 1)
    return Fraction(int(np.floor(Fraction(value) * 10**digits)), 10**digits)
