"""The page of problems is the one that the problems make, and there are as many as it says."""

from __future__ import annotations

from pathlib import Path

from benchmarks.catalogue import page

PAGE = Path(__file__).parents[2] / "docs" / "catalogue.md"


def test_the_page_is_that_of_the_problems() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_there_are_at_least_150_problems_and_each_has_a_source() -> None:
    rows = [line.split(" | ") for line in page().splitlines() if line.startswith("| ")]
    problems = [row for row in rows if row[0] != "| problem"]
    assert len(problems) >= 150
    assert len({row[0] for row in problems}) == len(problems)
    assert all(len(row[-1]) > 10 for row in problems)
