"""Every Python snippet of the README and of the documentation runs, and so do the commands of the tutorial."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path

import pytest

from momentsos.cli.main import main

ROOT = Path(__file__).parent.parent
#: Its snippets are excerpts of the package's source.
EXCERPTS = {"adding-a-solver.md"}
PAGES = [ROOT / "README.md", *sorted(page for page in (ROOT / "docs").glob("*.md") if page.name not in EXCERPTS)]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def snippets(page: Path, language: str) -> list[tuple[int, str]]:
    """Return the fenced blocks in one language, each with the number of its first line."""
    text = page.read_text(encoding="utf-8")
    return [(text[: m.start(2)].count("\n"), m[2]) for m in FENCE.finditer(text) if m[1] == language]


WITH_PYTHON = [page for page in PAGES if snippets(page, "python")]


@pytest.mark.parametrize("page", WITH_PYTHON, ids=lambda page: page.name)
def test_the_snippets_of_a_page_run_in_order(page, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    session: dict[str, object] = {}
    for line, source in snippets(page, "python"):
        tree = ast.increment_lineno(ast.parse(source), line)
        exec(compile(tree, str(page), "exec"), session)


def test_the_commands_of_the_tutorial_run(tmp_path, monkeypatch, capsys) -> None:
    tutorial = ROOT / "docs" / "tutorial.md"
    monkeypatch.chdir(tmp_path)
    session: dict[str, object] = {}
    for _, source in snippets(tutorial, "python"):
        if "savez" in source or "rng = " in source or "problem = ms.Problem" in source:
            exec(compile(source, str(tutorial), "exec"), session)
    commands = [line for _, block in snippets(tutorial, "sh") for line in block.splitlines()]
    assert len(commands) >= 4
    for command in commands:
        program, *arguments = shlex.split(command)
        assert program == "momentsos"
        assert main(arguments) == 0, command
    assert "CERTIFIED" in capsys.readouterr().out


def test_the_output_shown_in_the_readme_is_the_output(capsys) -> None:
    (_, source), *_ = snippets(ROOT / "README.md", "python")
    exec(compile(source, "README.md", "exec"), {})
    shown = next(block for _, block in snippets(ROOT / "README.md", "text") if block.startswith("CERTIFIED"))
    seen = capsys.readouterr().out
    assert seen.splitlines()[0] == shown.splitlines()[0]
    numbers = [[float(n) for n in re.findall(r"-?\d+\.\d+", text)] for text in (seen, shown)]
    assert numbers[0] == pytest.approx(numbers[1], rel=1e-4)
