"""Every formula of the pages and docstrings becomes MathML: sites are built of what the converter understands."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

pytest.importorskip("latex2mathml")

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "docs"))
from mathml import mathml  # noqa: E402  # the renderer of the site

CODE = re.compile(r"^```(?!\{math\}).*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
DISPLAYED = re.compile(r"\$\$(.*?)\$\$", re.DOTALL)
INLINE = re.compile(r"(?<![\\$\w])\$([^$\n]+)\$(?!\w)")
TAG = re.compile(r"\\tag\{[^}]*\}")


def of_page(path: Path) -> list[tuple[str, str]]:
    text = CODE.sub("", path.read_text(encoding="utf-8"))
    found = [(TAG.sub("", tex), "block") for tex in DISPLAYED.findall(text)]
    return found + [(tex, "inline") for tex in INLINE.findall(DISPLAYED.sub("", text))]


def of_docstrings(path: Path) -> list[tuple[str, str]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
    texts = [ast.get_docstring(node) or "" for node in ast.walk(tree) if isinstance(node, kinds)]
    return [(tex, "inline") for text in texts for tex in re.findall(r":math:`([^`]*)`", text)]


@pytest.mark.parametrize("room", ["docs", "momentsos"])
def test_every_formula_is_understood(room) -> None:
    pages = sorted((ROOT / room).rglob("*.md" if room == "docs" else "*.py"))
    read = of_page if room == "docs" else of_docstrings
    formulas = {each for page in pages for each in read(page)}
    assert len(formulas) > 100
    for tex, display in sorted(formulas):
        try:
            found = mathml(tex, display)
        except Exception as error:
            raise AssertionError(f"{tex}: {error!r}") from error
        ElementTree.fromstring(found)  # well formed


def test_what_is_not_understood_is_no_silent_text() -> None:
    with pytest.raises(ValueError, match="not understood"):
        mathml(r"\unheardof{x}", "inline")


def test_relations_and_fences_are_operators() -> None:
    assert "<mo>&#x02AB0;</mo>" in mathml(r"F \succeq 0", "inline")
    assert '<mo stretchy="false">&#x02308;</mo>' in mathml(r"\lceil k / 2 \rceil", "inline")
    assert "munder" in mathml(r"\min_y f", "block") and "munder" not in mathml(r"\min_y f", "inline")
