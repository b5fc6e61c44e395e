"""Answers for the workers of a campaign: a good one, one that never comes, one that takes the process with it."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    kind: str
    limit: float = 0.1


def answer(question, tell):
    tell("asking")
    if question.kind == "sleeps":
        time.sleep(60)
    if question.kind == "dies":
        os._exit(1)
    if question.kind == "raises":
        raise RuntimeError("the judge is wrong")
    return {"kind": question.kind, "end": "answered"}


def lost(question, end, doing, words):
    return {"kind": question.kind, "end": end, "doing": doing}
