"""Imports follow the one direction of the data; nothing heavy is imported before it is needed."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "momentsos"
FILES = sorted(PACKAGE.rglob("*.py"))

#: Everything may import these.
BASE = {"errors", "machine"}
#: Third-party packages that only the named files may import at module level.
OPTIONAL = {
    "matplotlib",
    "sklearn",
    "torch",
    "onnx",
    "onnxruntime",
    "dask",
    "distributed",
    "mosek",
    "coptpy",
    "cvxopt",
    "qics",
    "sdpap",
    "cvxpy",
    "joblib",
}


def rows_after(heading: str) -> list[list[str]]:
    """Return the rows of the table in CONTRIBUTING.md whose first heading is `heading`, the names in each cell."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    _, _, rest = text.partition(f"| {heading} |")
    table = rest.split("\n\n", 1)[0].splitlines()[2:]
    return [re.split(r"\s*\|\s*", line.strip().strip("|").strip()) for line in table]


def names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


#: Which room may import which, and which file may do what its room may not.
MAY = {names(room)[0]: set(names(others)) | BASE for room, others in rows_after("room")}
EXCEPTIONS = {(names(file)[0], names(room)[0]) for file, room, _ in rows_after("file")}


def room_of(path: Path) -> str:
    relative = path.relative_to(PACKAGE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def imports(path: Path, whole: bool = True) -> Iterator[tuple[int, str]]:
    """Yield (number of leading dots, module) of the imports of a file, or of its module level."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree) if whole else tree.body:
        if isinstance(node, ast.ImportFrom):
            yield from [(node.level, node.module)] if node.module else [(node.level, item.name) for item in node.names]
        elif isinstance(node, ast.Import):
            yield from ((0, item.name) for item in node.names)


def imported_rooms(path: Path) -> set[str]:
    parts = path.relative_to(PACKAGE).parts
    own = room_of(path)
    found = {[*parts[: len(parts) - level], *module.split(".")][0] for level, module in imports(path) if level}
    return found - {own, "__version__"}


def test_every_room_is_in_the_table_and_every_room_of_the_table_exists() -> None:
    rooms = {room_of(path) for path in FILES} - {"__init__", "__main__"}
    assert rooms == set(MAY)


def test_the_table_has_no_circle() -> None:
    above: dict[str, set[str]] = {}
    for room, others in MAY.items():
        unknown = others - BASE - set(above)
        assert not unknown, f"{room} may import {unknown}, which come later in the table"
        above[room] = others


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_follow_the_table(path) -> None:
    own, file = room_of(path), str(path.relative_to(PACKAGE))
    if own in ("__init__", "__main__"):
        return
    for other in imported_rooms(path) - MAY[own]:
        assert (file, other) in EXCEPTIONS, f"{file} imports {other}: CONTRIBUTING.md does not allow it to {own}"


def test_the_exceptions_are_the_ones_that_are_listed() -> None:
    needed = {
        (str(path.relative_to(PACKAGE)), other)
        for path in FILES
        if room_of(path) in MAY
        for other in imported_rooms(path) - MAY[room_of(path)]
    }
    assert needed == EXCEPTIONS and len(EXCEPTIONS) == 1


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_optional_packages_are_imported_where_they_are_used(path) -> None:
    outside = {module.split(".")[0] for level, module in imports(path, whole=False) if level == 0}
    named = {room_of(path)} | MAY.get(room_of(path), set())  # a room named after a package is imported for it alone
    assert not outside & (OPTIONAL - named)


def test_importing_the_package_imports_no_solver() -> None:
    heavy = ("clarabel", "scs", "cvxpy", "sympy", "matplotlib", "rich")
    code = f"import sys, momentsos; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
