r"""A relaxation whose Gram matrices are singular in every identity, on the face where they are not.

Of :math:`100 (y - x^2)^2 + (1 - x)^2` no identity has a Gram matrix with room: the leading terms vanish on a curve, and
so does every square that occurs, to leading order. The defect of a solver's identity then cannot be absorbed. On the
face that functionals expose (`momentsos.sdp.exposing`), found one after the other, it can.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..bounds.dimension import has_identities
from ..conditioning.affine import AffineChange
from ..problem import Problem
from ..relaxations import Plan, Relaxation, assemble
from ..relaxations.exposed_face import cut_down, without_idle_squares
from ..relaxations.unfolded import written_out
from ..sdp import SDP, SDPSolution, smat
from ..sdp.exposing import EXPOSED, RANK_TOLERANCES, exposing_program, rational_kernels, sharpened
from .evidence import Evidence, Solved
from .methods.base import Candidates
from .request import Request
from .theorems import meant_by

#: Faces of faces at most.
MOST_FACES = 8
#: Programs of more moments are left as they are: each face costs as much as the program itself.
MOST_MOMENTS = 1_500
#: A relaxation is looked at whose bound, were its identity exact, has at most this relative gap to the best point.
NEAR = 1e-3


def with_bound_on_face(evidence: Evidence) -> Evidence:
    """Solve the last relaxation again on its smallest face, where its bound nearly closes the gap, but only near by.

    It is one more attempt of the same order and setting.
    """
    solved = evidence.last
    if solved is None or not _is_wanted(evidence, solved):
        return evidence
    request, method, setting = evidence.request, evidence.method, solved.setting
    began = time.perf_counter()
    plain = written_out(solved.relaxation, setting.change.problem)
    relaxation = on_smallest_face(plain, meant_by(setting.change), request)
    if relaxation is None or request.time_left() <= 0:
        return evidence.timed(solve=time.perf_counter() - began)
    solution = method.solve(relaxation, request)
    ended = time.perf_counter()
    dual, theorem = method.bound(setting, relaxation, solution, request.until)
    read = Candidates(solved.candidates.flatness, (), ())  # its points were read off before
    found = evidence.with_solved(Solved(solved.order, setting, relaxation, solution, dual, read, theorem))
    # What methods go on from is the relaxation as they planned it.
    found = replace(found, tried=evidence.tried, last=solved if found.bound is None else found.last)
    return found.timed(solve=ended - began, extract=time.perf_counter() - ended)


def _is_wanted(evidence: Evidence, solved: Solved) -> bool:
    """Whether only the defect of its identity keeps the bound of a relaxation from closing the gap everywhere."""
    done = evidence.finished and evidence.region.everything
    upper, duals = evidence.known.upper, solved.solution.equality_duals
    absorbed = solved.theorem is not None or (solved.dual is not None and solved.dual.absorbed)
    if done or absorbed or not solved.setting.everywhere or upper is None or duals is None:
        return False
    if not _only_scales(solved.setting.change):  # what is rational in the user's variables is not in others
        return False
    gamma = solved.setting.change.value(float(solved.relaxation.sdp.right_side @ duals))
    return bool(abs(upper - gamma) <= NEAR * max(abs(upper), evidence.unit)) and evidence.request.time_left() > 0


def _only_scales(change: AffineChange) -> bool:
    """Whether variables are multiplied by powers of two, and neither moved nor mixed."""
    units = np.diag(change.matrix)
    moved = change.shift.any() or change.fine.any() or (change.matrix != np.diag(units)).any()
    return not moved and bool((np.frexp(units)[0] == 0.5).all())


def on_smallest_face(relaxation: Relaxation, meant: Problem, request: Request) -> Relaxation | None:
    """Return a relaxation on the smallest face that is found, None where the whole cone is.

    Parameters
    ----------
    relaxation : Relaxation
        Its blocks are made of monomials, and none localises a matrix; others are left as they are.
    meant : Problem
        In its variables, with the coefficients that are meant.
    request : Request
    """
    plan = relaxation.plan
    mixed = any(block.combinations is not None or block.matrix is not None for block in plan.blocks)
    if mixed or relaxation.sdp.n_moments > MOST_MOMENTS:
        return None
    current = assemble(without_idle_squares(plan))
    found = None if current.sdp.sizes == relaxation.sdp.sizes else current
    for _ in range(MOST_FACES):
        if request.time_left() <= 0:
            return None
        request.say(f"looking for a face: {current.sdp.n_moments} moments, blocks up to {max(current.sdp.sizes)}")
        smaller = _smaller(current, meant, request)
        if smaller is None:
            return found
        current = found = assemble(smaller)
    return found


def _smaller(relaxation: Relaxation, meant: Problem, request: Request) -> Plan | None:
    """Return the plan on a face that a functional exposes, None where none is found that has an identity."""
    sdp, program = relaxation.sdp, exposing_program(relaxation.sdp)
    first = _matrices(sdp, request.solve(program))
    plan = None if first is None else _recognised(relaxation, first, meant)
    if first is None or plan is not None:
        return plan
    values = np.sort(np.concatenate([np.linalg.eigvalsh(matrix) for matrix in first]))
    counts: set[int] = set()
    for tolerance in RANK_TOLERANCES[::-1]:
        count = int((values > tolerance).sum())
        if count in counts or request.time_left() <= 0:
            continue
        counts.add(count)
        again = _matrices(sdp, request.solve(sharpened(program, first, tolerance)))
        plan = None if again is None else _recognised(relaxation, again, meant)
        if plan is not None:
            return plan
    return None


def _matrices(sdp: SDP, functional: SDPSolution) -> list[NDArray[np.float64]] | None:
    """Return the matrices of a functional, None where it exposes nothing."""
    moments = functional.moments
    if moments is None or not abs(float(sdp.cost @ moments)) <= EXPOSED:
        return None
    return [smat(rows) for rows in sdp.split(sdp.operator @ moments)]


def _recognised(relaxation: Relaxation, matrices: list[NDArray[np.float64]], meant: Problem) -> Plan | None:
    """Return the plan on kernels that are recognised as rational, None where none of these has an identity."""
    for faces in rational_kernels(matrices):
        whole = all(len(rows) == size for rows, size in zip(faces, relaxation.sdp.sizes, strict=True))
        plan = None if whole else cut_down(relaxation.plan, faces)
        if plan is not None and has_identities(plan, meant):
            return plan
    return None
