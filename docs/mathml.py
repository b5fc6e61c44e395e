"""Formulas as MathML: browsers draw them with nothing loaded, neither scripts nor fonts from elsewhere.

`latex2mathml` converts; what it leaves unlike the rules of MathML Core is mended here.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert

#: What the converter does not know, in what it knows.
KNOWN = {r"{aligned}": r"{align*}", r"\arg": r"\operatorname{arg}", r"\!": r"\hspace{-0.17em}"}
#: Relations that it takes for letters, and fences.
RELATIONS = re.compile(r"<mi>(&#x0(?:2AB0|2AAF|007E|00B1);)</mi>")
FENCES = re.compile(r"<mi>(&#x0(?:2308|2309|230A|230B|27E8|27E9);)</mi>")
#: Names of functions before an argument, which stand apart from it; before a bracket they do not.
NAMES = re.compile(r"(<mi>(?:deg|dim|log)</mi>|<msub><mi>(?:deg|dim|log)</mi>.*?</msub>)(?=<m[^o])")
BRACKETED = re.compile(r'<mo>(min|max|inf|sup)</mo>(?=<mo stretchy="false">&#x00028;)')
#: Operators that have what belongs to them below, in formulas of their own.
LIMITS = re.compile(r"\\(min|max|inf|sup)_")
TAG = re.compile(r"\\tag\{([^}]*)\}")


def mathml(tex: str, display: str) -> str:
    """Return a formula as MathML; raise what the converter raises where it does not understand."""
    for ours, theirs in KNOWN.items():
        tex = tex.replace(ours, theirs)
    if display == "block":
        tex = LIMITS.sub(r"\\\1\\limits_", tex)
    found = RELATIONS.sub(r"<mo>\1</mo>", convert(tex, display=display))
    found = FENCES.sub(r'<mo stretchy="false">\1</mo>', found)
    if re.search(r"<mi>\\|<mi>&</mi>|<mtext>\\", found):
        raise ValueError(f"a formula that is not understood: {tex}")
    return NAMES.sub(r'\1<mspace width="0.17em" />', BRACKETED.sub(r"<mi>\1</mi>", found))


def inline(translator: Any, node: nodes.math) -> None:
    """Write a formula in a line."""
    translator.body.append(mathml(node.astext(), "inline"))
    raise nodes.SkipNode


def block(translator: Any, node: nodes.math_block) -> None:
    """Write a formula of its own, with the number that it may have; it scrolls where it is wider than the page."""
    tex = node.astext()
    found = TAG.search(tex)
    number = f'<span class="formula-number">({found[1]})</span>' if found else ""
    body = mathml(TAG.sub("", tex).strip(), "block")
    translator.body.append(f'<div class="formula"><div class="formula-body">{body}</div>{number}</div>\n')
    raise nodes.SkipNode


def setup(app: Any) -> dict[str, Any]:
    """Make this the renderer of formulas."""
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
