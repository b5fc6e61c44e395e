"""The JSON of a result, both ways: all that it concludes, and nothing of the arrays that it came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..bounds.region import EVERYTHING, Ball, Balls, Box, Region
from ..extraction import Flatness
from ..extraction.flatness import FlatTest
from ..extraction.ranks import Rank
from ..machine.documents import Part, number, numbers
from ..machine.mappings import ReadOnly
from ..points.judge import Feasibility
from ..problem import Problem
from ..sdp import Residuals, SDPStatus

if TYPE_CHECKING:
    from .result import Attempt, Result

FORMAT = "momentsos result"
_RESIDUALS = ("primal_objective", "dual_objective", "equality", "primal_cone", "dual", "dual_cone", "gap")


def result_document(result: Result) -> dict[str, Any]:
    """Return a result as a JSON object."""
    certificate = vars(result).get("certificate")
    return {
        "status": result.status.name,
        "lower_bound": number(result.lower_bound),
        "upper_bound": number(result.upper_bound),
        "minimizers": numbers(result.minimizers),
        "fine": numbers(result.fine),
        "feasibility": None if result.feasibility is None else result.feasibility.name,
        "order": None if result.order is None else int(result.order),
        "method": result.method,
        "solver": result.solver,
        "asked": list(result.asked),
        "region": result.region.as_dict(),
        "absorbed": bool(result.absorbed),
        "rigorous": bool(result.rigorous),
        "unit": number(result.unit),
        "tol": number(result.tol),
        "problem": result.problem.as_dict(),
        "attempts": [_attempt_document(attempt) for attempt in result.attempts],
        "message": result.message,
        "reason": result.reason,
        "seconds": {key: number(value) for key, value in result.seconds.items()},
        "sizes": {key: int(value) for key, value in result.sizes.items()},
        "certificate": None if certificate is None else certificate.document,
    }


def result_fields(part: Part) -> dict[str, Any]:
    """Return what a result is made with, from its JSON object; its certificate apart.

    Raises
    ------
    InvalidInput
        A part is not as the format says; the message names it.
    """
    from .status import Status

    problem = Problem.from_json(part["problem"].members() and part["problem"].value)
    n = problem.n_variables
    points, fine = part["minimizers"].matrix(n), part["fine"].maybe(lambda fine: fine.matrix(n))
    if fine is not None and len(fine) != len(points):
        raise part["fine"].wrong(f"{len(points)} rows, as many as there are points")
    return {
        "status": part["status"].member(Status),
        "lower_bound": part["lower_bound"].maybe(Part.number),
        "upper_bound": part["upper_bound"].maybe(Part.number),
        "minimizers": points,
        "fine": fine,
        "feasibility": part["feasibility"].maybe(lambda found: found.member(Feasibility)),
        "order": part["order"].maybe(Part.integer),
        "method": part["method"].text(),
        "solver": part["solver"].text(),
        "asked": _texts(part["asked"]),
        "region": region_of(part["region"]),
        "absorbed": part["absorbed"].flag(),
        "proved": part["rigorous"].flag(),
        "unit": part["unit"].number(),
        "tol": part["tol"].number(),
        "problem": problem,
        "attempts": tuple(map(_attempt, part["attempts"].parts())),
        "message": part["message"].text(),
        "reason": part["reason"].text(),
        "seconds": _mapping(part["seconds"], Part.number),
        "sizes": _mapping(part["sizes"], Part.integer),
    }


def region_of(part: Part) -> Region:
    """Return the region of a JSON object."""
    kind = part["kind"].text()
    if kind == "everything":
        return EVERYTHING
    if kind == "ball":
        return Ball(part["half_axes"].numbers())
    if kind == "balls":
        groups = tuple(tuple(each.integer() for each in group.parts()) for group in part["groups"].parts())
        return Balls(groups, part["half_axes"].numbers())
    if kind == "box":
        frame = part["frame"].maybe(lambda rows: tuple(row.numbers() for row in rows.parts()))
        return Box(part["centre"].numbers(), part["half_widths"].numbers(), frame)
    raise part["kind"].wrong("everything, ball, balls or box")


def _attempt_document(attempt: Attempt) -> dict[str, Any]:
    residuals, flatness = attempt.residuals, attempt.flatness
    return {
        "order": int(attempt.order),
        "region": attempt.region.as_dict(),
        "sdp_status": attempt.sdp_status.name,
        "words": attempt.words,
        "lower_bound": number(attempt.lower_bound),
        "upper_bound": number(attempt.upper_bound),
        "correction": number(attempt.correction),
        "absorbed": bool(attempt.absorbed),
        "residuals": None if residuals is None else {key: number(getattr(residuals, key)) for key in _RESIDUALS},
        "flatness": None if flatness is None else [_test_document(test) for test in flatness.tests],
        "dropped": list(attempt.dropped),
        "sizes": {key: int(value) for key, value in attempt.sizes.items()},
        "seconds": number(attempt.seconds),
        "refuted": bool(attempt.refuted),
    }


def _attempt(part: Part) -> Attempt:
    from .result import Attempt

    return Attempt(
        order=part["order"].integer(),
        region=region_of(part["region"]),
        sdp_status=part["sdp_status"].member(SDPStatus),
        words=part["words"].text(),
        lower_bound=part["lower_bound"].maybe(Part.number),
        upper_bound=part["upper_bound"].maybe(Part.number),
        correction=part["correction"].number(),
        absorbed=part["absorbed"].flag(),
        residuals=part["residuals"].maybe(lambda own: Residuals(*(own[key].number() for key in _RESIDUALS))),
        flatness=part["flatness"].maybe(lambda tests: Flatness(tuple(map(_test, tests.parts())))),
        dropped=_texts(part["dropped"]),
        sizes=_mapping(part["sizes"], Part.integer),
        seconds=part["seconds"].number(),
        refuted=part["refuted"].flag(),
    )


def _test_document(test: FlatTest) -> dict[str, Any]:
    ranks = {"rank": test.rank, "rank_below": test.rank_below}
    return {"degree": int(test.degree), **{key: _rank_document(rank) for key, rank in ranks.items()}}


def _test(part: Part) -> FlatTest:
    return FlatTest(part["degree"].integer(), _rank(part["rank"]), _rank(part["rank_below"]))


def _rank_document(rank: Rank) -> dict[str, Any]:
    return {"value": int(rank.value), "gap": number(rank.gap), "doubtful": bool(rank.doubtful)}


def _rank(part: Part) -> Rank:
    return Rank(part["value"].integer(), part["gap"].number(), part["doubtful"].flag())


def _texts(part: Part) -> tuple[str, ...]:
    return tuple(each.text() for each in part.parts())


def _mapping(part: Part, read: Any) -> Mapping[str, Any]:
    return ReadOnly({key: read(each) for key, each in part.members().items()})
