"""The constants of the native solver are in one place, each with a comment, and none of them is idle."""

import ast
import re
from itertools import pairwise
from pathlib import Path

import pytest

import momentsos.solvers.native
from momentsos.solvers.native import rules

ROOM = Path(momentsos.solvers.native.__file__).parent
RULES = Path(rules.__file__)
SOURCES = sorted(path for kind in ("py", "pxi", "h") for path in ROOM.rglob(f"*.{kind}") if path != RULES)
#: Parts of formulas: halves, quarters, roots of equations.
PLAIN = {0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 10.0}


def numbers_of_python(text):
    return [
        node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant) and type(node.value) is float
    ]


def numbers_of_others(text):
    code = re.sub(r'"""[\s\S]*?"""|/\*[\s\S]*?\*/|#.*|"[^"\n]*"', "", text)
    return [float(found) for found in re.findall(r"(?<![\w.])\d+(?:\.\d*(?:e-?\d+)?|e-?\d+)", code)]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOM)))
def test_numbers_of_the_method_are_not_written_anywhere_else(path):
    text = path.read_text(encoding="utf-8")
    found = numbers_of_python(text) if path.suffix == ".py" else numbers_of_others(text)
    assert set(found) <= PLAIN


def test_each_constant_has_a_comment_and_is_used():
    lines = RULES.read_text(encoding="utf-8").splitlines()
    names = [line.split(" = ")[0] for line in lines if re.match(r"[A-Z_]+ = ", line)]
    assert len(names) == len(set(names)) > 100
    for before, line in pairwise(lines):
        assert not re.match(r"[A-Z_]+ = ", line) or before.startswith("#:"), line
    words = {word for path in SOURCES for word in re.findall(r"\w+", path.read_text(encoding="utf-8"))}
    assert set(names) <= words
