"""What a long call says: to functions, terminals, notebooks, pipes and the log."""

from __future__ import annotations

import io
import logging
import sys
from types import ModuleType, SimpleNamespace

import pytest
from rich.console import Console

import momentsos as ms
from momentsos.cli import main
from momentsos.learning.instances import noisy_instance
from momentsos.machine.progress import Step, bar, drawn, lines_on, on_terminal, reported, tell


@pytest.fixture
def problem() -> ms.Problem:
    x, y = ms.variables("x y")
    return ms.Problem(x**2 * y - x * y, [1 - x**2 - y**2])


def test_a_step_is_a_line_that_knows_its_share() -> None:
    step = Step("leaves", 1200, 2400, "box 3")
    assert step == "leaves: 1,200 of 2,400, box 3" and step.share == 0.5
    assert Step("samples", 30) == "samples: 30" and Step("samples", 30).share is None
    assert Step("leaves", 3, 0).share is None
    assert bar(step).count("━") == 10 and bar("order 2") == "" and bar(Step("samples", 30)) == ""


def test_a_function_gets_every_line_and_false_shows_nothing(problem, capsys) -> None:
    lines: list[str] = []
    ms.solve(problem, progress=lines.append)
    assert any("solving" in line for line in lines)
    ms.solve(problem, progress=False)
    assert capsys.readouterr() == ("", "")


def test_nothing_is_written_where_nobody_asked(problem, capfd) -> None:
    ms.solve(problem)
    assert capfd.readouterr() == ("", "")


def test_in_a_pipe_true_writes_lines_on_stderr(problem, capsys) -> None:
    ms.solve(problem, progress=True)
    out, err = capsys.readouterr()
    assert out == "" and "order 2: solving 15 moments" in err and "\x1b" not in err
    case = noisy_instance((2, 1), samples=20, width=5)
    ms.learn(case.network, case.X, case.Y, progress=True)
    assert "20 samples" in capsys.readouterr().err


def test_lines_in_a_pipe_are_few_for_one_count_and_whole() -> None:
    stream = io.StringIO()
    with lines_on(stream) as report:
        for done in range(1, 101):
            report(Step("leaves", done, 100))
        report("two\nlines")
    written = [line.split("  ", 1)[1].strip() for line in stream.getvalue().splitlines()]
    assert written[0].endswith("leaves: 1 of 100") and written[-2].endswith("leaves: 100 of 100")
    assert len(written) <= 4 and written[-1].endswith("two lines")


def test_a_terminal_shows_names_as_they_are_and_nothing_is_left_at_the_end() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=60)
    with on_terminal(console) as report:
        report(Step("leaves", 1, 2, "[bold]x[/bold] in [0, 1]"))
        report("[link=http://a]order 2[/link] " + "long " * 40)
    shown = console.file.getvalue()
    assert "[link=http://a]order 2" in shown and "…" in shown
    assert shown.endswith("\x1b[2K")


@pytest.fixture
def notebook(monkeypatch):
    """What a notebook would show, with a module in place of IPython."""
    shown: list[str] = []
    handle = SimpleNamespace(update=lambda html: shown.append(html))
    ipython, display = ModuleType("IPython"), ModuleType("IPython.display")
    ipython.get_ipython = lambda: SimpleNamespace(kernel=True)
    display.HTML = str
    display.display = lambda html, display_id: (shown.append(html), handle)[1]
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    return shown


def test_in_a_notebook_the_line_below_the_cell_changes_and_goes(notebook, problem, capsys) -> None:
    ms.solve(problem, progress=True)
    assert len(notebook) >= 3 and notebook[-1] == ""
    assert capsys.readouterr() == ("", "")


def test_what_a_notebook_shows_is_escaped() -> None:
    html = drawn(Step("leaves", 1, 4, "<script>"), 3.2)
    assert "<script>" not in html and 'value="0.2500"' in html and "3 s" in html


def test_the_display_ends_where_the_work_fails(notebook) -> None:
    with pytest.raises(ValueError, match="on the way"), reported(True) as report:
        report("begun")
        raise ValueError("on the way")
    assert notebook[-1] == ""


def test_what_is_no_function_is_refused(problem) -> None:
    for wrong in (0.5, "yes", 1, []):
        with pytest.raises(ms.BadOption, match="progress"):
            ms.solve(problem, progress=wrong)


def test_decisions_are_logged_at_info_and_stages_at_debug(problem, caplog) -> None:
    with caplog.at_level(logging.DEBUG, logger="momentsos"):
        result = ms.solve(problem, method="dense")
    levels = {record.getMessage(): record.levelno for record in caplog.records if record.name == "momentsos"}
    assert levels["method dense"] == logging.INFO
    assert levels["order 2: solving 15 moments"] == logging.DEBUG
    (status,) = [line for line, level in levels.items() if line.startswith("CERTIFIED")]
    assert levels[status] == logging.INFO and str(result.lower_bound) in status


def test_the_log_takes_lines_literally(caplog) -> None:
    with caplog.at_level(logging.DEBUG, logger="momentsos"):
        tell(None, "100 %s of %d")
    assert caplog.records[-1].getMessage() == "100 %s of %d"


def test_the_command_line_is_quiet_in_a_pipe_unless_it_is_asked(tmp_path, problem, capsys) -> None:
    path = str(tmp_path / "p.json")
    problem.to_json(path)
    assert main(["solve", path, "--json"]) == 0
    assert capsys.readouterr().err == ""
    assert main(["solve", path, "--json", "--verbose"]) == 0
    assert "order 2: solving" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["solve", path, "--quiet", "--verbose"])
