"""Certificates of which one row is shortened, doubled or swapped: `verify` refuses them, and proves nothing more."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest
from certificates.documents import by_hand, enclosed_by_hand, sealed, written
from certificates.test_hostile_files import valid

from momentsos.cli import main

Path = tuple[Any, ...]


def at(document: Any, path: Path) -> Any:
    for key in path:
        document = document[key]
    return document


def rows_of(document: dict[str, Any]) -> Iterator[Path]:
    """Yield where lists of rows are: the change of variables, bases, Gram matrices, points and directions."""
    yield ("change", "matrix")
    yield ("change",)
    yield ("directions",)
    for number, block in enumerate(document["blocks"]):
        yield from (("blocks", number, key) for key in ("basis", "gram", "combination") if block[key])
    for number in range(len(document["multipliers"])):
        yield ("multipliers", number, "basis")


def shortened(holder: Any, key: Any) -> None:
    holder[key] = holder[key][:-1]


def doubled(holder: Any, key: Any) -> None:
    holder[key] = [*holder[key], *holder[key]]


def repeated(holder: Any, key: Any) -> None:
    if isinstance(holder, list):
        holder.insert(key, holder[key])


def emptied(holder: Any, key: Any) -> None:
    holder[key] = []


def swapped(holder: Any, key: Any) -> None:
    if isinstance(holder, list):
        holder[key], holder[key - 1] = holder[key - 1], holder[key]


WAYS = (shortened, doubled, repeated, emptied, swapped)


def mutated(original: dict[str, Any], way: Any) -> Iterator[dict[str, Any]]:
    for path in rows_of(original):
        holder = at(original, path)
        for key in holder if isinstance(holder, dict) else range(len(holder)):
            if isinstance(at(holder, (key,)), list):
                document = copy.deepcopy(original)
                way(at(document, path), key)
                if document != original:
                    yield document


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_row_that_is_changed_proves_nothing_new(way, tmp_path, capsys) -> None:
    tried = 0
    for original in (by_hand(), enclosed_by_hand(), *map(json.loads, valid())):
        for document in mutated(original, way):
            tried += 1
            path = written(sealed(document), tmp_path / "c.json")
            code = main(["verify", str(path), "--json"])
            shown = capsys.readouterr()
            assert code in (0, 2), shown.err
            if code == 0:  # another proof of the same: two rows that are alike, two directions in another order
                assert Fraction(json.loads(shown.out)["bound"]) == Fraction(original["bound"])
    assert tried >= 8
