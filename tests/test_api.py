"""What is public is said once: the page of the API and `momentsos.__all__` list the same names."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from types import ModuleType

import pytest

import momentsos as ms

PAGE = (Path(__file__).parents[1] / "docs" / "api.md").read_text(encoding="utf-8")
MODULES = sorted(name for name in ms.__all__ if isinstance(getattr(ms, name), ModuleType))


def test_the_page_lists_the_public_names() -> None:
    documented = re.findall(r"^\.\. auto(?:function|class|exception):: (\w+)$", PAGE, re.MULTILINE)
    modules = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert modules == MODULES
    assert sorted([*documented, *modules]) == ms.__all__  # each once
    assert set(re.findall(r"^\.\. currentmodule:: (\S+)$", PAGE, re.MULTILINE)) == {"momentsos"}


def test_public_names_exist_and_have_no_underscore() -> None:
    assert [name for name in ms.__all__ if name.startswith("_") or not hasattr(ms, name)] == []
    assert [name for name in ms.__all__ if not getattr(ms, name).__doc__] == []


@pytest.mark.parametrize("name", MODULES)
def test_public_modules_say_what_is_public_in_them(name) -> None:
    module = importlib.import_module(f"momentsos.{name}")
    assert getattr(ms, name) is module
    assert module.__all__ == sorted(module.__all__, key=order)
    assert [each for each in module.__all__ if each.startswith("_") or not hasattr(module, each)] == []


def order(name: str) -> tuple[int, str]:
    """Constants, then classes, then functions, as the linter sorts `__all__`."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name
