"""How a solve ends, and what to do next."""

from __future__ import annotations

from enum import Enum

from ..problem import Sense


class Status(Enum):
    """How a solve ended. Each member says what it means and what to do next (`remedy`)."""

    CERTIFIED = (
        "certified",
        "The lower bound holds on the whole feasible set and meets a feasible point: the minimum is proved to the "
        "tolerance.",
        "",
    )
    CERTIFIED_WITHIN = (
        "certified within a region",
        "The bounds meet. The lower one is known to hold in the region that is named; outside it lower points were "
        "looked for, and none was found.",
        "For the whole set, raise max_order, or add constraints that bound the variables.",
    )
    BOUNDED = (
        "bounded",
        "Both bounds are known, and a gap is left.",
        "Raise max_order, give bounds on the variables (bound=...), or try another method.",
    )
    LOWER_BOUND_ONLY = (
        "lower bound only",
        "A lower bound is known; no feasible point was found.",
        "Raise max_order, or check that the constraints can be met.",
    )
    INFEASIBLE = (
        "infeasible",
        "The constraints are proved to exclude each other.",
        "Relax or remove a constraint.",
    )
    UNBOUNDED = (
        "unbounded",
        "The objective falls without end along feasible points.",
        "Add the constraint that is missing.",
    )
    AT_INFINITY = (
        "at infinity",
        "The infimum is approached only as variables grow without end; no point attains it.",
        "Add bounds on the variables, or a regularising term to the objective.",
    )
    STOPPED = (
        "stopped",
        "A limit of time, memory or order was reached before any bound.",
        "Raise the limit, or take a smaller order or problem.",
    )
    FAILED = (
        "failed",
        "No solver answer passed our checks.",
        "Try another solver, rescale the data, or bound the variables (bound=...).",
    )

    def __init__(self, label: str, meaning: str, remedy: str) -> None:
        self.label = label
        self.meaning = meaning
        self.remedy = remedy

    def meaning_for(self, sense: Sense) -> str:
        """What it means, in words that fit an objective that is minimised, or maximised."""
        return _OF_MAXIMA.get(self.name, self.meaning) if sense.maximizes else self.meaning

    def __repr__(self) -> str:
        return f"<{type(self).__name__}.{self.name}>"

    def __str__(self) -> str:
        return self.name


#: What members mean where the objective is maximised and that is said in other words.
_OF_MAXIMA = {
    "CERTIFIED": "The upper bound holds on the whole feasible set and meets a feasible point: the maximum is proved to "
    "the tolerance.",
    "CERTIFIED_WITHIN": "The bounds meet. The upper one is known to hold in the region that is named; outside it "
    "higher points were looked for, and none was found.",
    "LOWER_BOUND_ONLY": "The bound from the dual side, here an upper one, is known; no feasible point was found.",
    "UNBOUNDED": "The objective rises without end along feasible points.",
    "AT_INFINITY": "The supremum is approached only as variables grow without end; no point attains it.",
}
