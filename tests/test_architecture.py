"""Imports follow the one direction of the data; nothing heavy is imported before it is needed."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "momentsos"

#: Lowest first: a module may import from its own layer's package and from layers below.
LAYERS = [
    {"errors", "memory", "threads"},
    {"polynomials", "sdp"},
    {"problem", "solvers"},
    {"conditioning", "request", "feasibility", "local", "wide", "descents", "epigraph"},
    {"relaxations", "extraction"},
    {"repair", "sparse_repair", "whitening", "centring", "search"},
    {"bounds", "methods", "result"},
    {"certificates"},
    {"evidence"},
    {"hierarchy"},
    {"networks"},
    {"least_squares", "trust_region"},
    {"working_set"},
    {"learning"},
    {"plotting"},
    {"reproduction", "estimator"},
    {"cli"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}

#: Third-party packages that only the named files may import at module level.
OPTIONAL = {"matplotlib", "sklearn", "torch", "dask", "mosek", "coptpy", "cvxopt", "qics", "sdpap", "cvxpy", "joblib"}


def modules() -> list[Path]:
    return [
        path
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.name not in ("__init__.py", "__main__.py") or path.parent != PACKAGE
    ]


def room(path: Path) -> str:
    relative = path.relative_to(PACKAGE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def module_level_imports(path: Path) -> list[tuple[int, str]]:
    """Return (number of leading dots, module) of the imports outside functions and TYPE_CHECKING blocks."""
    found = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom):
            found += [(node.level, node.module)] if node.module else [(node.level, alias.name) for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [(0, alias.name) for alias in node.names]
    return found


def imported_rooms(path: Path) -> set[str]:
    parts = path.relative_to(PACKAGE).parts
    rooms = set()
    for level, module in module_level_imports(path):
        if level:
            base = list(parts[: len(parts) - level])
            target = [*base, *module.split(".")]
            rooms.add(target[0])
    return rooms - {"__version__"}


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_downwards(path) -> None:
    own = room(path)
    assert own in LEVEL, f"{own} has no layer"
    for other in imported_rooms(path) - {own}:
        assert LEVEL[other] <= LEVEL[own], f"{path.name} imports {other}, which is above {own}"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_optional_packages_are_imported_where_they_are_used(path) -> None:
    outside = {module.split(".")[0] for level, module in module_level_imports(path) if level == 0}
    assert not outside & OPTIONAL


def test_importing_the_package_imports_no_solver() -> None:
    heavy = ("clarabel", "scs", "cvxpy", "sympy", "matplotlib", "rich")
    code = f"import sys, momentsos; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
