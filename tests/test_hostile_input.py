"""Whatever comes in, there is one clear line and exit code 2, or an honest result; nothing dies or is guessed."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest

import momentsos as ms
from momentsos.cli import main

SQUARES = {"variables": ["x", "y"], "minimize": [[1, [2, 0]], [1, [0, 2]]]}
x, y = ms.variables("x y")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 100_000 + "]" * 100_000, "JSON"),
        (json.dumps({**SQUARES, "minimize": [[1, [10**30, 0]]]}), "integers of at most"),
        (json.dumps({**SQUARES, "minimize": [[1, [2 * 10**9, 0]]]}), "integers of at most"),
        (json.dumps({**SQUARES, "minimize": [[1, [9000, 9000]]]}), "degree 18000"),
        (json.dumps({**SQUARES, "minimize": [["1e999999999", [2, 0]]]}), "expected a finite number"),
        (json.dumps({**SQUARES, "minimize": [["1e-999_999_999", [2, 0]]]}), "expected a finite number"),
        (json.dumps({**SQUARES, "minimize": [["1e999", [2, 0]]]}), "change the units"),
        (json.dumps({**SQUARES, "minimize": [[1e300, [2, 0]], [1e-300, [0, 2]]]}), "change the units"),
        (json.dumps({**SQUARES, "minimize": [[5e-324, [2, 0]]]}), "change the units"),
        (json.dumps({**SQUARES, "inequalities": {}}), "expected a list"),
    ],
)
def test_a_hostile_problem_file_is_one_line(text, words, tmp_path, capsys) -> None:
    path = tmp_path / "problem.json"
    path.write_text(text)
    assert main(["solve", str(path), "--json"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1 and words in captured.err


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"X": np.ones((4, 2)) + 1j}, "complex"),
        ({"X": np.full((4, 2), "1")}, "array of numbers"),
        ({"X": np.zeros((4, 2), "datetime64[s]")}, "array of numbers"),
        ({"W1": np.float64(3.0)}, "dimensions"),
        ({"W2": np.ones((2, 3)) * 1j}, "complex"),
        ({"X": np.array([{}, 1], dtype=object)}, "plain arrays"),
    ],
)
def test_arrays_that_are_no_real_numbers_are_named(changed, words, tmp_path, capsys) -> None:
    path = tmp_path / "data.npz"
    np.savez(
        path, **{"W1": np.ones((3, 2)), "W2": np.ones((2, 3)), "X": np.ones((4, 2)), "Y": np.ones((4, 2)), **changed}
    )
    assert main(["learn", str(path), "--degrees", "2"]) == 2
    captured = capsys.readouterr()
    assert len(captured.err.splitlines()) == 1 and words in captured.err


def test_a_single_array_is_no_data_file(tmp_path, capsys) -> None:
    np.save(tmp_path / "x.npy", np.ones(3))
    assert main(["learn", str(tmp_path / "x.npy"), "--degrees", "2"]) == 2
    assert "plain arrays" in capsys.readouterr().err


@pytest.mark.parametrize(
    "outputs",
    [["--certificate", "missing/c.json"], ["--certificate", "."], ["--plot", "missing/p.png"], ["--plot", "p.foo"]],
)
def test_a_file_that_cannot_be_written_is_said_before_any_work(outputs, tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("momentsos.cli.commands.learn", None)
    np.savez("data.npz", W1=np.ones((3, 2)), W2=np.ones((2, 3)), X=np.ones((4, 2)), Y=np.ones((4, 2)))
    assert main(["learn", "data.npz", "--degrees", "2", *outputs]) == 2
    assert outputs[0] in capsys.readouterr().err


def test_a_result_is_printed_where_its_certificate_is_not_found(tmp_path, capsys) -> None:
    path, certificate = tmp_path / "problem.json", tmp_path / "certificate.json"
    path.write_text(json.dumps({"variables": ["x"], "minimize": [[1, [1]]], "inequalities": [[[-1, [0]]]]}))
    assert main(["solve", str(path), "--json", "--certificate", str(certificate)]) == 3
    captured = capsys.readouterr()
    result = json.loads(captured.out)
    assert result["status"] == "INFEASIBLE" and result["certificate"] is None
    assert "no certificate was written" in captured.err and not certificate.exists()


@pytest.mark.parametrize("power", [2**62, 10_001])
def test_powers_do_not_overflow(power) -> None:
    with pytest.raises(ms.InvalidInput, match="degree"):
        x**power
    with pytest.raises(ms.InvalidInput, match="degree"):
        (x**9000) * (y**9000)


def test_integers_beyond_floats_are_kept_exactly() -> None:
    assert ((2**60 + 1) * x).coefficient((1, 0)) == Fraction(2**60 + 1)
    assert (x + 10**400).coefficient((0, 0)) == Fraction(10**400)
    with pytest.raises(ms.InvalidInput, match="change the units"):
        ms.solve(ms.Problem(x**2 + 10**400))


@pytest.mark.parametrize(
    "problem",
    [
        ms.Problem(0 * x, variables=("x", "y")),
        ms.Problem(0 * x, [1 - x**2 - y**2]),
        ms.Problem(0 * x, [], [x**2 + y**2 - 1, x - y]),
        ms.Problem(x**2 + y**2, [0 * x]),
        ms.Problem(x**2 + y**2, [0 * x, 5 + 0 * x], [0 * x]),
    ],
)
@pytest.mark.parametrize("method", ["auto", "dense"])
def test_zero_and_constant_polynomials_are_solved(problem, method) -> None:
    result = ms.solve(problem, method=method)
    assert result.status is ms.Status.CERTIFIED
    assert result.upper_bound == pytest.approx(0.0, abs=1e-12) and abs(result.lower_bound) <= 1e-8
    assert len(result.minimizers)


@pytest.mark.parametrize("size", [1e60, 1e200])
@pytest.mark.parametrize("loss", ["mean_residual", "mse"])
def test_data_whose_powers_overflow_are_refused(loss, size) -> None:
    rng = np.random.default_rng(0)
    network = ms.PolynomialNetwork([rng.standard_normal((3, 3)) for _ in range(3)], [2, 2])
    with pytest.raises(ms.InvalidInput, match="change"):
        ms.learn(network, size * rng.standard_normal((5, 3)), rng.standard_normal((5, 3)), loss=loss)


def test_a_high_degree_is_no_overflow() -> None:
    x = ms.variables("x")[0]
    result = ms.solve(ms.Problem(x**200 - 3 * x**101 + x), time_limit=60)
    assert result.upper_bound == pytest.approx(-1.2645411733, rel=1e-8)  # on a grid of 2e5 points between 0.9 and 1.1
    assert result.lower_bound is None or result.lower_bound <= result.upper_bound


def test_a_partial_relaxation_beyond_memory_is_refused() -> None:
    many = ms.variables(" ".join(f"x{i}" for i in range(100)))
    problem = ms.Problem(sum(v**8 for v in many[1:]) + many[0] ** 2)
    for method in ("partial", "dense"):
        with pytest.raises(ms.ProblemTooLarge, match="needs about"):
            ms.solve(problem, method=method)
