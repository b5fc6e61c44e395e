"""The page of plots shows what its own snippets draw."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "plots.md").read_text(encoding="utf-8")


def test_every_picture_of_the_page_is_saved_by_the_snippet_before_it() -> None:
    parts = re.split(r"^```python\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
    for source, below in zip(parts[1::2], parts[2::2], strict=True):
        assert re.findall(r'savefig\("([^"]+)"', source) == re.findall(r"!\[[^\]]+\]\(([^)]+)\)", below)
    assert PAGE.count("savefig") >= 7


def test_the_page_shows_every_kind_of_plot() -> None:
    from momentsos.plots.of_result import KINDS, OF_FITS

    # by name, by its function, or as what is drawn when nothing is named
    shown = {"activations", "bounds", *re.findall(r'plot\("(\w+)"', PAGE), *re.findall(r"ms\.plots\.(\w+)\(", PAGE)}
    assert {*KINDS, *OF_FITS, "growth"} <= shown
