"""What notebooks show of a record: short, and nothing in it is taken for HTML."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

#: Characters of a record's text, and of one cell of its table.
_TEXT, _CELL = 2_000, 300


#: A row of a table: a name and a value.
Row = tuple[str, object]


class Shown:
    """A base for what prints itself in a few lines: a notebook shows the same."""

    def _repr_html_(self) -> str:
        return f"<pre>{_cut(str(self), _TEXT)}</pre>"


def table(title: str, rows: Iterable[Row]) -> str:
    """Return an HTML table of two columns; rows whose value is None or empty are left out."""
    cells = [
        f"<tr><th>{escape(name)}</th><td>{_cut(str(value), _CELL)}</td></tr>"
        for name, value in rows
        if value is not None and str(value)
    ]
    return f"<table><caption>{_cut(title, _CELL)}</caption>{''.join(cells)}</table>"


def _cut(text: str, length: int) -> str:
    return escape(text if len(text) <= length else f"{text[: length - 1]}…")
