"""Workers: every question ends in a record, whatever happens to its process; what was stored is not asked again."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
from campaign.faulty import Question, answer, lost

from benchmarks.campaign import store, table, work
from benchmarks.campaign.family import FAMILIES


def ended(*kinds: str) -> dict[str, str]:
    records = work.run(map(Question, kinds), 2, answer, lost, grace=0.5)
    return {record["kind"]: record["end"] for record in records}


def test_processes_that_hang_or_die_are_replaced_and_all_questions_end() -> None:
    kinds = {"a": "answered", "sleeps": "hung", "b": "answered", "dies": "died", "raises": "died", "c": "answered"}
    assert ended(*kinds) == kinds


def test_nothing_is_asked_after_the_end() -> None:
    assert not list(work.run(iter([Question("a")]), 1, answer, lost, until=time.monotonic() - 1))


def test_a_cut_line_is_dropped_and_what_is_stored_is_not_asked_again(tmp_path) -> None:
    names = list(FAMILIES)[:2]
    whole = [{"family": name, "seed": 0} for name in names]
    text = "".join(json.dumps(record) + "\n" for record in whole)
    (tmp_path / store.OUTCOMES).write_text(text + '{"family": "cu', encoding="utf-8")
    assert store.stored(tmp_path) == whole
    store.mend(tmp_path)
    assert (tmp_path / store.OUTCOMES).read_text(encoding="utf-8") == text
    done = {(record["family"], record["seed"]) for record in whole}
    left = list(store.questions(6, 5.0, 0, names, done))
    assert [(q.family, q.seed) for q in left] == [(names[0], 1), (names[1], 1), (names[0], 2), (names[1], 2)]


def record(family: str, status: str, faults: list[str], truth: str = "attained") -> dict:
    claim = {"end": "answered", "status": status, "cpu": 0.25}
    return {"family": family, "truth": truth, "claim": claim, "faults": [{"name": f, "size": 1.0} for f in faults]}


def test_a_false_certificate_is_not_counted_as_decided() -> None:
    name = next(iter(FAMILIES))
    rows = table.summary(
        [
            record(name, "CERTIFIED", []),
            record(name, "CERTIFIED", ["wrong status", "upper bound below the infimum"]),
            record(name, "BOUNDED", ["value a little above its point's"]),
            record(name, "INFEASIBLE", [], "empty"),
        ]
    )
    row = rows[name]
    assert (row["count"], row["decided"], row["false"], row["loose"]) == (4, 2, 1, 1)
    assert rows["[all]"] == row == rows[f"[{FAMILIES[name].group}]"]


def test_a_table_shows_what_has_changed() -> None:
    name = next(iter(FAMILIES))
    before = table.summary([record(name, "CERTIFIED", []), record(name, "CERTIFIED", ["wrong status"])])
    after = table.summary([record(name, "CERTIFIED", []), record(name, "CERTIFIED", [])])
    line = next(line for line in table.text(after, before).splitlines() if line.startswith(f"| {name} "))
    assert "100 % (+50)" in line and "0 (-1)" in line
