"""Every snippet of the README and of the documentation runs, and what the pages name exists."""

from __future__ import annotations

import ast
import importlib
import re
import shlex
from pathlib import Path

import pytest

from momentsos.cli.main import main

ROOT = Path(__file__).parent.parent
#: Its snippets are excerpts of the package's source.
EXCERPTS = {"adding-a-solver.md"}
DOCS = ROOT / "docs"
FOLDERS = ("", "decisions/", "how-to/", "tutorials/")
EVERY = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *(page for folder in FOLDERS for page in sorted(DOCS.glob(f"{folder}*.md"))),
]
PAGES = [page for page in EVERY if page.name not in EXCERPTS]
DECISIONS = [page for page in EVERY if page.parent.name == "decisions" and page.name != "index.md"]
#: Where the commands of the pages write; nothing of it is in the repository.
WRITTEN = "results/"
FENCE = re.compile(r"^```(?:\{code-cell\} )?(\w+)\n((?::[^\n]*\n)*)(.*?)^```$", re.MULTILINE | re.DOTALL)
#: Pages whose snippets need more than the extra for tests, and those that take long.
NEEDS = {"encrypted-inference.md": "tenseal"}
LONG = {"encrypted-inference.md", "own-model.md", "real-tasks.md"}


def snippets(page: Path, language: str) -> list[tuple[int, str]]:
    """Return the fenced blocks in one language, each with the number of its first line."""
    text = page.read_text(encoding="utf-8")
    return [(text[: m.start(3)].count("\n"), m[3]) for m in FENCE.finditer(text) if m[1] == language]


WITH_PYTHON = [
    pytest.param(page, id=str(page.relative_to(ROOT)), marks=[pytest.mark.slow] if page.name in LONG else [])
    for page in PAGES
    if snippets(page, "python")
]


@pytest.mark.parametrize("page", WITH_PYTHON)
def test_the_snippets_of_a_page_run_in_order(page, tmp_path, monkeypatch) -> None:
    if page.name in NEEDS:
        pytest.importorskip(NEEDS[page.name], reason=f"{page.name} needs {NEEDS[page.name]}, which is not installed")
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
    source = next(source for _, source in snippets(ROOT / "README.md", "python") if "print(fit)" in source)
    exec(compile(source, "README.md", "exec"), {})
    shown = next(block for _, block in snippets(ROOT / "README.md", "text") if block.startswith("CERTIFIED"))
    seen = capsys.readouterr().out
    assert seen.splitlines()[0] == shown.splitlines()[0]
    numbers = [[float(n) for n in re.findall(r"-?\d+\.\d+", text)] for text in (seen, shown)]
    assert numbers[0] == pytest.approx(numbers[1], rel=1e-4)


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def named_in(page: Path) -> set[str]:
    """Return what stands between backticks and may be a path or a module: words, dots and slashes."""
    return set(re.findall(r"`(\w[\w./-]*)`", text_of(page)))


def is_there(path: str) -> bool:
    """Whether a path exists in the repository or in the package; a bare name, whether there is a file of that name."""
    if "/" in path:
        return (ROOT / path).exists() or (ROOT / "momentsos" / path).exists()
    folders = [ROOT / name for name in ("momentsos", "tests", "benchmarks", "examples", "docs")]
    return (ROOT / path).exists() or any(found for folder in folders for found in folder.rglob(path))


def is_importable(name: str) -> bool:
    """Whether a dotted name is a module, or an attribute of one."""
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


def slug(heading: str) -> str:
    """Return the anchor of a heading."""
    return re.sub(r"[^\w -]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("page", EVERY, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_paths_and_modules_that_a_page_names_exist(page) -> None:
    names = named_in(page)
    paths = {name for name in names if "/" in name or name.endswith((".py", ".pyx", ".h", ".md", ".toml"))}
    modules = {name for name in names if re.fullmatch(r"momentsos(\.\w+)+", name)} - paths
    assert not {path for path in paths if not path.startswith(WRITTEN) and not is_there(path)}
    assert not {name for name in modules if not is_importable(name)}


@pytest.mark.parametrize("page", EVERY, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_links_of_a_page_lead_somewhere(page) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", text_of(page)):
        if target.startswith(("http", "mailto")):
            continue
        path, _, anchor = target.partition("#")
        other = page.parent / path if path else page
        assert other.exists(), target
        if anchor:
            assert anchor in {slug(heading) for heading in re.findall(r"^#+ (.*)$", text_of(other), re.MULTILINE)}, (
                target
            )


def test_the_rooms_in_the_picture_of_the_flow_exist() -> None:
    rooms = re.findall(r'class="room[^>]*>([^<]*)<', text_of(DOCS / "flow.svg"))
    assert len(rooms) >= 9
    assert not [room for room in rooms if not (ROOT / "momentsos" / room).is_dir()]


@pytest.mark.parametrize(("page", "most"), [("README.md", 700), ("docs/architecture.md", 1200)])
def test_the_pages_that_all_read_are_short(page, most) -> None:
    assert len(text_of(ROOT / page).split()) <= most


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_is_short_has_its_three_parts_and_is_in_the_index(page) -> None:
    text = text_of(page)
    assert len(text.splitlines()) < 60
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["Context", "Measured", "Choice"]
    title = text.splitlines()[0].removeprefix("# ")
    assert f"- [{title}]({page.name})" in text_of(DOCS / "decisions" / "index.md")
