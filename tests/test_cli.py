"""The command line: one JSON object on stdout, messages on stderr, exit codes as promised."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from momentsos.cli import main
from momentsos.learning.instances import example_34, noisy_instance
from momentsos.solvers import registry

DISC = {
    "variables": ["x", "y"],
    "minimize": [[1.0, [2, 1]], ["-1/1", [1, 1]]],
    "inequalities": [[[1, [0, 0]], [-1, [2, 0]], [-1, [0, 2]]]],
}


@pytest.fixture
def disc_file(tmp_path):
    path = tmp_path / "disc.json"
    path.write_text(json.dumps(DISC))
    return str(path)


@pytest.fixture
def data_file(tmp_path):
    case = noisy_instance((2, 1), samples=20, width=5)
    path = tmp_path / "data.npz"
    W1, W2, W3 = case.network.weights
    np.savez(path, W1=W1, W2=W2, W3=W3, X=case.X, Y=case.Y)
    return str(path)


def test_solve_prints_one_json_object(disc_file, capsys) -> None:
    assert main(["solve", disc_file, "--json"]) == 0
    captured = capsys.readouterr()
    result = json.loads(captured.out)
    assert captured.err == ""
    expected = (
        "status lower_bound upper_bound gap relative_gap minimizers order method solver seconds sizes certificate"
    ).split()
    assert set(expected) <= set(result)
    assert set(result["seconds"]) == {"formulate", "relax", "solve", "extract", "total"}
    assert set(result["sizes"]) == {"moments", "blocks", "largest_block"}
    assert result["status"] == "CERTIFIED" and result["certificate"] is None


def test_numbers_that_do_not_exist_are_null(tmp_path, capsys) -> None:
    path = tmp_path / "p.json"
    path.write_text(json.dumps({"variables": ["x"], "minimize": [[1, [3]]]}))
    assert main(["solve", str(path), "--json"]) == 0
    result = json.loads(capsys.readouterr().out, parse_constant=lambda name: pytest.fail(name))
    assert result["status"] == "UNBOUNDED" and result["lower_bound"] is None and result["minimizers"] == []


def test_learn_reads_an_npz_file(data_file, capsys) -> None:
    assert main(["learn", data_file, "--degrees", "2", "1", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert [len(c) for c in result["coefficients"]] == [3, 2]
    assert main(["learn", data_file, "--degrees", "2", "1"]) == 0
    assert "activation 2" in capsys.readouterr().out


def test_learn_draws_the_activations(data_file, tmp_path, capsys) -> None:
    pytest.importorskip("matplotlib")
    picture = tmp_path / "activations.png"
    assert main(["learn", data_file, "--degrees", "2", "1", "--plot", str(picture)]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("built", "present", "words"),
    [(True, True, "in use"), (True, False, "left out by MOMENTSOS_COMPILED=0"), (False, False, "C compiler")],
)
def test_solvers_say_whether_the_core_is_there_and_what_it_costs(built, present, words, monkeypatch, capsys) -> None:
    monkeypatch.setattr(registry, "PRESENT", present)
    monkeypatch.setattr(registry, "is_built", lambda: built)
    assert main(["solvers"]) == 0
    shown = capsys.readouterr().out
    assert words in shown and ("1.6 to 11 times" in shown) == (not present)


def test_demo_shows_both_networks(capsys) -> None:
    assert main(["demo", "--quiet"]) == 0
    shown = capsys.readouterr().out
    assert shown.count("CERTIFIED") == 2
    assert "Example 3.4" in shown and "c12" in shown
    assert main(["demo", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == {"noisy", "example34"}


def test_solvers_are_listed(capsys) -> None:
    assert main(["solvers"]) == 0
    out = capsys.readouterr().out
    assert "clarabel" in out and not any(line.endswith(" ") for line in out.splitlines())
    assert "…" not in out  # an address in the remarks is whole
    assert main(["solvers", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["scs"]["available"] is True


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["solve", "no-such-file.json"], "cannot read"),
        (["solve", "DISC", "--order", "1"], "begins at order 2"),
        (["solve", "DISC", "--solver", "nobody"], "expected 'auto' or one of"),
        (["solve", "DISC", "--method", "magic"], "method"),
        (["solve", "DISC", "--tol", "-1"], "tol"),
        (["solve", "DISC", "--bound", "round"], "radius"),
        (["learn", "no-such-file.npz", "--degrees", "2"], "cannot read"),
        (["learn", "DISC", "--degrees", "2"], "not an .npz file"),
        (["learn", "DATA", "--degrees", "2"], "holds W3"),
        (["learn", "DATA", "--degrees", "2", "1", "1"], "lacks W4"),
        (["learn", "DATA", "--degrees", "2", "0"], "at least 1"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, words, disc_file, data_file, capsys) -> None:
    named = [{"DISC": disc_file, "DATA": data_file}.get(a, a) for a in arguments]
    assert main(named) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1 and words in captured.err


def test_pickles_are_not_loaded(tmp_path, capsys) -> None:
    path = tmp_path / "evil.npz"
    np.savez(path, W1=np.array([object()], dtype=object))
    assert main(["learn", str(path), "--degrees", "1"]) == 2
    assert "plain arrays" in capsys.readouterr().err


def test_an_over_large_order_is_a_limit(disc_file, capsys) -> None:
    assert main(["solve", disc_file, "--order", "200"]) == 3
    assert "needs about" in capsys.readouterr().err


def test_a_time_limit_without_a_bound_is_exit_code_3(disc_file, capsys) -> None:
    assert main(["solve", disc_file, "--time-limit", "1e-9"]) == 3
    assert "STOPPED" in capsys.readouterr().out


def test_usage_errors_exit_with_2() -> None:
    with pytest.raises(SystemExit) as caught:
        main(["solve"])
    assert caught.value.code == 2


def test_interruption_is_exit_code_130(disc_file, capsys, monkeypatch) -> None:
    def interrupted(*_args, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr("momentsos.cli.commands.solve", interrupted)
    assert main(["solve", disc_file]) == 130
    assert capsys.readouterr().err == "momentsos: interrupted\n"


def test_a_reader_that_goes_away_is_no_error(disc_file) -> None:
    command = f"{sys.executable} -m momentsos solve {disc_file} | head -c 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in done.stderr


def test_python_m_works(disc_file) -> None:
    command = [sys.executable, "-m", "momentsos", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.startswith("momentsos ")


def test_the_example_of_the_paper_is_built_in() -> None:
    case = example_34()
    residual = case.network.with_coefficients(case.true).predict(case.X) - case.Y
    assert np.abs(residual.mean(axis=0)).max() < 1e-12


def test_a_certificate_is_written_and_verified(disc_file, tmp_path, capsys) -> None:
    path = tmp_path / "certificate.json"
    assert main(["solve", disc_file, "--json", "--certificate", str(path)]) == 0
    assert json.loads(capsys.readouterr().out)["certificate"] == str(path)
    assert main(["verify", str(path)]) == 0
    assert "The certificate holds" in capsys.readouterr().out
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, "bound": "1000"}))
    assert main(["verify", str(path)]) == 2
    assert main(["verify", str(tmp_path / "none.json")]) == 2


def test_a_file_that_cannot_be_written_takes_no_result_away(disc_file, capsys, monkeypatch) -> None:
    def full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("momentsos.certificates.Certificate.to_json", full)
    assert main(["solve", disc_file, "--json", "--certificate", "certificate.json"]) == 3
    captured = capsys.readouterr()
    assert json.loads(captured.out)["status"] == "CERTIFIED" and json.loads(captured.out)["certificate"] is None
    assert "no certificate was written to certificate.json: No space left on device" in captured.err


@pytest.mark.parametrize("output", [[], ["--json"]])
@pytest.mark.parametrize(("behind", "code"), [("> /dev/full", 2), (">&-", 0), ("| head -c 1 > /dev/null", 0)])
def test_an_output_that_takes_nothing_ends_in_one_line(behind, code, output, disc_file) -> None:
    arguments = " ".join([sys.executable, "-m", "momentsos", "solve", disc_file, *output])
    command = f"set -o pipefail; {arguments} {behind}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code
    assert done.stderr == ("" if code == 0 else "momentsos: [Errno 28] No space left on device\n")


def test_a_key_that_comes_twice_in_a_problem_is_refused(tmp_path, capsys) -> None:
    path = tmp_path / "twice.json"
    path.write_text('{"variables": ["x"], "minimize": [[1, [2]]], "minimize": [[-1, [1]]]}')
    assert main(["solve", str(path)]) == 2
    assert "a key occurs twice" in capsys.readouterr().err
