"""Training problems of the campaign that were answered wrongly once."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks.campaign import families  # noqa: F401  # enters them
from benchmarks.campaign.question import Question, answer


@pytest.mark.parametrize(
    ("family", "seed"), [("raw_inputs", 20), ("raw_inputs", 11), ("raw_inputs", 30), ("degenerate_data", 2)]
)
def test_a_loss_is_neither_false_nor_at_infinity(family: str, seed: int) -> None:
    record = answer(Question(family, seed, 30.0))
    assert record["claim"]["status"] not in ("AT_INFINITY", "UNBOUNDED", "INFEASIBLE")
    assert not record["faults"]
