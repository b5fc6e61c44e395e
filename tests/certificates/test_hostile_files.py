"""Files that nobody honest would write, and a thousand small mutations: all refused, soon, and without a crash."""

from __future__ import annotations

import copy
import json
import random
import time
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
from certificates.documents import by_hand, sealed, written

import momentsos as ms
from momentsos.certificates import certify, verify_file
from momentsos.certificates.format import digest

HOSTILE = {
    "empty": b"",
    "not text": bytes(range(256)),
    "not an object": b"[1, 2, 3]",
    "no certificate": b"{}",
    "deep lists": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "a number that is not one": b'{"bound": NaN}',
    "infinity": b'{"bound": -Infinity}',
    "a float": b'{"version": 1.0}',
    "a gigantic float": b'{"version": 1e999999999}',
    "an integer of a million digits": b'{"version": ' + b"9" * 1_000_000 + b"}",
    "a key twice": b'{"version": 1, "version": 1}',
    "code": b"{\"bound\": \"__import__('os').system('true')\"}",
    "too large": b'"' + b"a" * 10_000_001 + b'"',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_are_refused(name, tmp_path) -> None:
    path = tmp_path / "c.json"
    path.write_bytes(HOSTILE[name])
    began = time.perf_counter()
    verdict = verify_file(path)
    assert not verdict.holds and verdict.reason
    assert time.perf_counter() - began < 10


def test_a_file_that_is_not_there_is_refused(tmp_path) -> None:
    assert "cannot read" in verify_file(tmp_path / "none.json").reason
    assert not verify_file(tmp_path).holds


LARGE = {
    "a large exponent": lambda d: d["problem"]["minimize"][0].__setitem__(1, [10**9, 1]),
    "a degree above the limit": lambda d: d["problem"]["minimize"][0].__setitem__(1, [99, 99]),
    "a negative exponent": lambda d: d["problem"]["minimize"][0].__setitem__(1, [-1, 1]),
    "a boolean exponent": lambda d: d["problem"]["minimize"][0].__setitem__(1, [True, 1]),
    "a large power of the denominator": lambda d: d.update(denominator={"exponent": 32_000, "variables": [0, 1]}),
    "a zero denominator": lambda d: d.update(bound="-1/0"),
    "a negative denominator": lambda d: d.update(bound="1/-1"),
    "a bound of 5000 digits": lambda d: d.update(bound="-" + "9" * 5000),
    "hexadecimal without end": lambda d: d.update(bound="0x" + "f" * 200_000),
    "digits of another script": lambda d: d.update(bound="-\u0661"),
    "white space": lambda d: d.update(bound=" -1"),
    "an exponent in a number": lambda d: d.update(bound="-1e0"),
    "four thousand variables": lambda d: d["problem"].update(variables=[f"x{i}" for i in range(4000)]),
    "a hundred thousand blocks": lambda d: d.update(blocks=d["blocks"] * 50_000),
    "many factors": lambda d: d["blocks"][1].update(factors=[0] * 1000),
    "a large basis": lambda d: d["blocks"][0].update(basis=[[i, j] for i in range(60) for j in range(40)]),
    "long numbers to a high power": lambda d: (
        d["problem"].update(minimize=[["1", [49, 50]]]),
        d["change"].update(shift=["9" * 4000 + "/" + "7" * 4000] * 2),
    ),
    "a dense change of many variables": lambda d: (
        d["problem"].update(variables=[f"x{i}" for i in range(60)], minimize=[["1", [1] * 60]], inequalities=[]),
        d["change"].update(
            shift=["1"] * 60, matrix=[[str(1 + (i * j) % 7 + (i == j)) for j in range(60)] for i in range(60)]
        ),
    ),
    "a string for a list": lambda d: d.update(blocks="blocks"),
    "null": lambda d: d.update(bound=None),
    "an extra key": lambda d: d.update(note="trust me"),
}


@pytest.mark.parametrize("name", LARGE)
def test_limits_are_kept(name, tmp_path) -> None:
    document = by_hand()
    LARGE[name](document)
    path = written({**document, "digest": digest(document)}, tmp_path / "c.json")
    began = time.perf_counter()
    verdict = verify_file(path)
    assert not verdict.holds and verdict.reason
    assert time.perf_counter() - began < 15


@cache
def valid() -> tuple[str, ...]:
    """Certificates that hold: by hand, with a denominator, with an equality, in a box, and of a small network."""
    x, y = ms.variables("x y")
    cubic = ms.solve(ms.Problem(minimize=x + y, inequalities=[4 - x**2 - y**2], equalities=[x**3 + y**3 - 3]))
    rng = np.random.default_rng(3)
    weights = [rng.standard_normal((3, 3)) for _ in range(3)]
    network = ms.PolynomialNetwork(weights, degrees=[1, 1])
    data = rng.standard_normal((10, 3))
    fit = ms.learn(network, data, rng.standard_normal((10, 3)), loss="mean_residual", method="partial")
    circle = ms.solve(ms.Problem(minimize=x * y + x, equalities=[x**2 + y**2 - 1]))
    disc = ms.solve(ms.Problem(minimize=x**2 * y - x * y, inequalities=[1 - x**2 - y**2]))
    made = [certify(result).document for result in (fit, circle, disc, cubic)]
    assert made[-1]["directions"]
    return tuple(json.dumps(document) for document in (by_hand(), *made))


def _numbers(value: Any, path: tuple = ()) -> list[tuple]:
    """The paths of all numbers that the proof depends on."""
    if isinstance(value, dict):
        return [p for key, item in value.items() for p in _numbers(item, (*path, key))]
    if isinstance(value, list):
        return [p for i, item in enumerate(value) for p in _numbers(item, (*path, i))]
    return [path] if isinstance(value, str) and value[-1:].isdigit() else []


def _at(document: Any, path: tuple) -> Any:
    for key in path:
        document = document[key]
    return document


PARTS = ("problem", "change", "blocks", "multipliers", "bound", "point", "directions")


def _altered(document: dict[str, Any], draw: random.Random) -> None:
    """Change one number of the proof."""
    path = draw.choice(
        [p for p in _numbers({key: document[key] for key in PARTS}) if p[:2] != ("problem", "variables")]
    )
    holder, old = _at(document, path[:-1]), _at(document, path)
    new = [
        "0",
        "1/0",
        "1" * 3000,
        "-" + old if old[0] != "-" else old[1:],
        old + "1",
        old[:-1] + "0" if old != "0" else "1",
    ]
    holder[path[-1]] = draw.choice([value for value in new if value != old])


def _raised(document: dict[str, Any], draw: random.Random) -> None:
    top, _, bottom = document["bound"].partition("/")
    document["bound"] = f"{int(top) * 10**6 + draw.randint(1, 10**9)}/{int(bottom or 1) * 10**6}"


def _swapped_grams(document: dict[str, Any], draw: random.Random) -> None:
    blocks = document["blocks"]
    i, j = draw.sample(range(len(blocks)), 2)
    blocks[i]["gram"], blocks[j]["gram"] = blocks[j]["gram"], blocks[i]["gram"]


def _swapped_factors(document: dict[str, Any], draw: random.Random) -> None:
    blocks = document["blocks"]
    i, j = draw.sample(range(len(blocks)), 2)
    blocks[i]["factors"], blocks[j]["factors"] = blocks[j]["factors"], blocks[i]["factors"]


def _reordered(document: dict[str, Any], draw: random.Random) -> None:
    block = draw.choice([block for block in document["blocks"] if len(block["basis"]) > 1])
    i, j = draw.sample(range(len(block["basis"])), 2)
    block["basis"][i], block["basis"][j] = block["basis"][j], block["basis"][i]


def _dropped(document: dict[str, Any], draw: random.Random) -> None:
    document["blocks"].pop(draw.randrange(len(document["blocks"])))


def _retyped(document: dict[str, Any], draw: random.Random) -> None:
    key = draw.choice(sorted(document))
    document[key] = draw.choice([None, 0, "", [], {}, [[[[]]]], {"a": 1}])


KINDS = (_altered, _altered, _altered, _raised, _swapped_grams, _swapped_factors, _reordered, _dropped, _retyped)


def _mutations(count: int) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield pairs of a valid document and a mutated one."""
    draw = random.Random(20251122)
    originals = [json.loads(text) for text in valid()]
    while count:
        original = draw.choice(originals)
        document, kind = copy.deepcopy(original), draw.choice(KINDS)
        if len(document["blocks"]) > 1 or kind not in (_swapped_grams, _swapped_factors, _dropped):
            kind(document, draw)
        if document != original:
            count -= 1
            yield original, document


def test_a_thousand_mutations_are_refused(tmp_path) -> None:
    slowest = 0.0
    for _, document in _mutations(1000):
        path = written(document, tmp_path / "c.json")
        began = time.perf_counter()
        assert not verify_file(path).holds
        slowest = max(slowest, time.perf_counter() - began)
    assert slowest < 10


def test_mutations_with_a_new_digest_are_refused_or_prove_the_same(tmp_path) -> None:
    """What is left of the proof after its seal was forged: nothing but other proofs of the same theorem."""
    slowest, survivors = 0.0, 0
    for original, document in _mutations(1000):
        path = written(sealed(document), tmp_path / "c.json")
        began = time.perf_counter()
        verdict = verify_file(path)
        slowest = max(slowest, time.perf_counter() - began)
        if verdict.holds:
            survivors += 1
            assert document["problem"] == original["problem"]
            assert verdict.bound == Fraction(original["bound"])
            assert verdict.upper_bound is None or verdict.upper_bound >= verdict.bound
    assert survivors < 100  # a zero with a sign, a symmetric basis, another label for a variable that only labels
    assert slowest < 10


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_truncated_files_are_refused(share, tmp_path) -> None:
    path = tmp_path / "c.json"
    for text in valid():
        path.write_text(text[: int(share * len(text))], encoding="utf-8")
        assert not verify_file(path).holds
