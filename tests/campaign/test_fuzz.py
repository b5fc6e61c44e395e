"""The fuzzer: its oracle hears what must not be heard, its mutations are repeatable, the readers pass a short run."""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from random import Random

import numpy as np
import pytest

import momentsos as ms

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks.campaign.families.boxes import quadratic_on_a_ball
from benchmarks.fuzz import doors, faults, mutate, oracle, valid
from benchmarks.fuzz.inputs import Question, answer


def raising(error: Exception):
    def call() -> None:
        raise error

    return call


def test_only_the_errors_of_the_package_may_leave() -> None:
    assert oracle.called(lambda: 1) == ("value", "")
    assert oracle.called(raising(ms.InvalidInput("x: expected a number")))[0] == "refused"
    assert oracle.called(raising(ms.InvalidInput(" ")))[0] == "foreign"
    assert oracle.called(raising(KeyError("x")))[0] == "foreign"
    assert oracle.called(lambda: warnings.warn("overflow", RuntimeWarning, stacklevel=1))[0] == "warned"


@pytest.mark.parametrize(
    ("code", "words", "end"),
    [
        (0, "", "code 0"),
        (2, "momentsos: no such file\n", "code 2"),
        (2, "", "foreign"),
        (2, "one line\nand another\n", "foreign"),
        (3, "momentsos: no bound\n", "code 3"),
        (1, "momentsos: what is this\n", "foreign"),
        (0, "Traceback (most recent call last):\n", "foreign"),
    ],
)
def test_exit_codes_come_with_their_line(code, words, end, monkeypatch) -> None:
    def main(arguments) -> int:
        sys.stderr.write(words)
        return code

    monkeypatch.setattr(oracle, "main", main)
    assert oracle.ran([])[0] == end


def test_a_false_answer_is_heard(monkeypatch) -> None:
    monkeypatch.setattr(oracle, "main", lambda arguments: print("17") or 0)
    assert oracle.ran([], lambda out: f"{out.strip()} is false") == ("false", "17 is false")


def test_mutations_are_repeatable_and_change_something() -> None:
    for make in (
        lambda draw: mutate.bytes_of(draw, valid.programs()[0], valid.programs()),
        lambda draw: mutate.text_of(mutate.document_of(draw, valid.PROBLEMS[0])),
        lambda draw: sorted(mutate.arrays_of(draw, valid.data()[0])),
        lambda draw: mutate.header_of(draw, mutate.archive_of(valid.data()[0])),
    ):
        assert make(Random(3)) == make(Random(3))
    changed = [mutate.text_of(mutate.document_of(Random(k), valid.PROBLEMS[0])) for k in range(20)]
    assert len(set(changed)) > 10


def test_a_sealed_certificate_is_read_and_holds(tmp_path) -> None:
    document, reached = valid.certificates()[0]
    path = tmp_path / "c.json"
    path.write_text(json.dumps(mutate.sealed(document)), encoding="utf-8")
    end, words = oracle.ran(["verify", str(path), "--json"], lambda out: "" if json.loads(out)["holds"] else "refused")
    assert (end, words) == ("code 0", "") and reached <= 0


def test_every_door_takes_its_own_arguments() -> None:
    for name, function, arguments, options in doors.doors():
        if "/nonexistent" in str(arguments):
            continue
        assert oracle.called(lambda f=function, a=arguments, o=options: f(*a, **o))[0] == "value", name


@pytest.mark.parametrize("kind", ["sdpa", "problem", "certificate"])
def test_the_readers_let_nothing_foreign_out(kind) -> None:
    for seed in range(60):
        record = answer(Question(kind, seed, 5.0))
        assert record["end"] not in ("foreign", "false", "warned"), record


@pytest.mark.parametrize("mode", ["nan", "huge", "scaled", "killed", "nothing"])
def test_a_solver_that_lies_makes_no_false_claim(mode) -> None:
    case = quadratic_on_a_ball(Random(5))
    case.options["solver"] = "csdp"
    end, words = faults._judged(case, mode, 2.0)
    assert end in ("refused", "value"), words


def test_arrays_keep_their_names_where_nothing_is_removed() -> None:
    arrays = mutate.arrays_of(Random(1), {"X": np.ones((2, 2))})
    assert arrays
