"""`momentsos reproduce` as a user sees it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from momentsos.cli import main
from momentsos.reproduction import Selection, Store, experiments_named
from momentsos.reproduction.figure import picture, test_residuals


def rejected(name: str) -> None:
    raise AssertionError(f"{name} in JSON")


def test_the_first_row_of_table_1_is_certified(tmp_path, capsys) -> None:
    arguments = ["reproduce", "table1", "--rows", "1", "--seeds", "2", "--out", str(tmp_path), "--json"]
    assert main(arguments) == 0
    captured = capsys.readouterr()
    found = json.loads(captured.out, parse_constant=rejected)
    assert captured.err == ""
    scaled, plain = found["experiments"]["table1"]["rows"]
    assert (scaled["law"], plain["law"]) == ("scaled", "plain")
    assert scaled["certified"] == scaled["tight"] == plain["certified"] == 2
    assert scaled["published"]["abs_error"] == 0.0019
    assert plain["abs_error"]["median"] < 0.005 and plain["rel_error"]["median"] < 0.1
    assert found["computed"] == 4
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["reused"] == 4


def test_the_test_errors_are_shown_over_a_sample_and_over_an_entry(tmp_path, capsys) -> None:
    arguments = "reproduce table5 --rows 1 --seeds 1 --law scaled --json".split()
    assert main([*arguments, "--out", str(tmp_path)]) == 0
    (row,) = json.loads(capsys.readouterr().out)["experiments"]["table5"]["rows"]
    (outcome,) = [json.loads(path.read_text())["outcome"] for path in tmp_path.glob("*.json")]
    assert row["mse"]["median"] == outcome["mse"]
    assert row["mse_entry"]["median"] == pytest.approx(outcome["mse"] / 20)
    assert row["rmse_entry"]["median"] == pytest.approx((outcome["mse"] / 20) ** 0.5)


def test_example_34_is_reproduced(tmp_path, capsys) -> None:
    assert main(["reproduce", "example34", "--out", str(tmp_path), "--json"]) == 0
    first, *dense = json.loads(capsys.readouterr().out)["experiments"]["example34"]["outcomes"]
    for outcome in (first, *dense):
        assert np.concatenate(outcome["coefficients"]) == pytest.approx([1, 1, -2, 1, -1], abs=1e-6)
    assert [each["attempts"][0]["flat"] for each in dense] == [False, True]


def test_figure_1_shows_every_entry_and_every_norm(tmp_path, capsys) -> None:
    pytest.importorskip("matplotlib")
    out, plot = tmp_path / "kept", tmp_path / "figure1.png"
    arguments = ["reproduce", "figure1", "--rows", "1", "--out", str(out), "--plot", str(plot), "--law", "scaled"]
    assert main(arguments) == 0
    assert plot.read_bytes().startswith(b"\x89PNG")
    assert "Figure 1" in capsys.readouterr().out
    (case,) = experiments_named(["figure1"])[0].cases(Selection(rows=(1,), laws=("scaled",)))
    outcome = Store(out).load(case)
    residuals = test_residuals(case, outcome)
    assert np.mean(residuals.norms**2) == pytest.approx(outcome.mse)
    entries, norms = picture(residuals).axes
    assert len(entries.lines[0].get_xdata()) == 50 * 20
    assert len(norms.lines[0].get_xdata()) == 50


def test_the_page_is_written_from_the_run(tmp_path, capsys) -> None:
    page = tmp_path / "page.md"
    arguments = "reproduce table1 table5 --rows 1 --seeds 1 --law scaled".split()
    assert main([*arguments, "--out", str(tmp_path / "kept"), "--report", str(page)]) == 0
    text = page.read_text()
    assert "momentsos reproduce table1 --rows 1 --seeds 1 --law scaled" in text
    assert "| (50, 20) | scaled | 1/1 |" in text
    assert "not part of this run" in text and str(tmp_path) not in text
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize(
    "arguments",
    [
        ["table6"],
        ["table1", "--rows", "6"],
        ["table1", "--rows", "one"],
        ["table1", "--seeds", "0"],
        ["table1", "--jobs", "0"],
        ["table1", "--law", "odd"],
        ["table1", "--method", "nothing"],
        ["table1", "--solver", "nobody"],
        ["table1", "--tol", "2"],
        ["table1", "--time-limit", "-1"],
        ["table1", "--bound", "wide"],
        ["table1", "--plot", "x.png"],
        ["table1", "--certificate", "x.json"],
    ],
    ids=" ".join,
)
def test_bad_input_ends_with_code_2_before_anything_is_solved(arguments, tmp_path, capsys) -> None:
    try:
        code = main(["reproduce", *arguments, "--out", str(tmp_path / "kept")])
    except SystemExit as stop:  # what argparse does
        code = stop.code
    captured = capsys.readouterr()
    assert code == 2 and captured.out == "" and "Traceback" not in captured.err
    assert not (tmp_path / "kept").exists()


@pytest.mark.slow
def test_the_dense_relaxation_of_order_3_in_a_ball(tmp_path, capsys) -> None:
    arguments = "reproduce table3 --rows 1 --seeds 1 --law scaled --method dense --json".split()
    assert main([*arguments, "--out", str(tmp_path)]) == 0
    (row,) = json.loads(capsys.readouterr().out)["experiments"]["table3"]["rows"]
    assert row["orders"] == {"3": 1} and row["certified"] == 1
