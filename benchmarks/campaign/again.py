"""Stored answers, judged again: no question is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .ask import divided
from .claim import read
from .family import FAMILIES
from .judge import ended, judge
from .judge_training import judge_fit
from .training import Training


def judged(records: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the records with the faults that today's judge finds."""
    found = []
    for record in records:
        if record["claim"]["end"] in ("hung", "died"):
            found.append(dict(record))
            continue
        case, claim = FAMILIES[record["family"]].case(record["seed"]), read(record["claim"])
        own = judge_fit(case, claim, divided()) if isinstance(case, Training) else judge(case, claim)
        faults = [*ended(claim, record["limit"]), *own]
        shown = [{"name": fault.name, "size": fault.size, "words": fault.words} for fault in faults]
        found.append({**record, "faults": shown})
    return found
