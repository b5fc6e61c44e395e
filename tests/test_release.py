"""What a release states, it states once, and truly."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import momentsos

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_the_version_is_stated_in_the_package_and_heads_the_changelog() -> None:
    assert "version" in PROJECT["project"]["dynamic"] and "version" not in PROJECT["project"]
    assert PROJECT["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "momentsos.__version__"}
    newest = re.search(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest is not None and newest[1] == momentsos.__version__
    written = [path for path in (ROOT / "momentsos").rglob("*.py") if momentsos.__version__ in path.read_text("utf-8")]
    assert [path.relative_to(ROOT).as_posix() for path in written] == ["momentsos/__init__.py"]


def test_classifiers_name_the_pythons_that_are_promised_and_the_types() -> None:
    classifiers = PROJECT["project"]["classifiers"]
    lowest = PROJECT["project"]["requires-python"].removeprefix(">=")
    named = [c.rpartition(" ")[2] for c in classifiers if re.fullmatch(r"Programming Language :: Python :: 3\.\d+", c)]
    assert named == ["3.11", "3.12", "3.13"] and named[0] == lowest
    assert "Typing :: Typed" in classifiers
    assert (ROOT / "momentsos" / "py.typed").exists()
    assert "py.typed" in PROJECT["tool"]["setuptools"]["package-data"]["momentsos"]


def test_solvers_under_the_gpl_are_never_required() -> None:
    core = " ".join(PROJECT["project"]["dependencies"]).lower()
    assert not re.search(r"sdpa|cvxopt|coptpy|mosek", core)
