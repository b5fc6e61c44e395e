"""A question of the campaign: which problem, and what comes of asking it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

Record = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """A family, the number of a problem of it, and the seconds it may take."""

    family: str
    seed: int
    limit: float


def answer(question: Question, tell: Callable[[str], None] = lambda _: None) -> Record:
    """Make the problem, ask, judge; `tell` hears what is being done."""
    from . import families as _  # enters all families  # noqa: F401
    from .ask import ask, divided
    from .family import FAMILIES
    from .judge import ended, judge
    from .judge_training import judge_fit
    from .training import Training

    case = FAMILIES[question.family].case(question.seed)
    if isinstance(case, Training):
        divided()
    tell("asking")
    claim = ask(case, question.limit)
    tell("judging")
    training = isinstance(case, Training)
    faults = ended(claim, question.limit)
    faults += judge_fit(case, claim, divided()) if training else judge(case, claim)
    truth = "bounded" if training else case.truth.kind
    infimum = None if training or truth in ("empty", "unbounded") else float(case.truth.high)
    return {
        **asdict(question),
        "truth": truth,
        "infimum": infimum,
        "claim": claim.as_dict(),
        "faults": [{"name": fault.name, "size": fault.size, "words": fault.words} for fault in faults],
    }


def lost(question: Question, end: str, doing: str, words: str) -> Record:
    """Return the record of a question whose process hung or died."""
    name = {"hung": "hang", "died": "crash"}[end] if doing == "asking" else "judge failed"
    fault = {"name": name, "size": 0.0, "words": words}
    return {**asdict(question), "truth": "", "infimum": None, "claim": {"end": end, "error": words}, "faults": [fault]}
