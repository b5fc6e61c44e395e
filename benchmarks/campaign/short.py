"""The short form: a few problems of every family, in under a minute."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .store import questions as all_questions
from .work import Question


def questions(names: Sequence[str], first: int, count: int, limit: float) -> Iterator[Question]:
    """Yield the questions of the short form."""
    return all_questions(count, limit, first, names, set())
