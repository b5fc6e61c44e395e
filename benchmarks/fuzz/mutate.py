"""Small changes of bytes, of JSON documents and of arrays, drawn from a source of random numbers."""

from __future__ import annotations

import copy
import hashlib
import io
import json
import zipfile
from random import Random
from typing import Any

import numpy as np

#: Numbers that readers trip over, as they stand in a text.
NUMBERS = (
    "0", "-0", "-1", "1", "2", "255", "65536", "2147483648", "-9223372036854775809", "18446744073709551616",
    "1e308", "1e309", "-1e309", "5e-324", "1e-400", "nan", "NaN", "inf", "-Infinity", "0x10", "1_000", "1/0", "1/3",
    "１", "٣", "1e999999999", "9" * 400, "0." + "0" * 400 + "1", "--1", "+1", "1.", ".5", "1d5", "1e", "",
)  # fmt: skip
#: Values that stand where another kind is expected.
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63, 10**400, 0.5, -0.0, 1e308, 5e-324, float("nan"), float("inf"), "", "x",
    "1/3", "1/0", "nan", "1e5", "9" * 5000, "\x00", "\ud800", [], {}, [[]], [1], ["x"], {"x": 1}, [[1.0, [0]]],
    [None], [[[[]]]],
)  # fmt: skip


def bytes_of(draw: Random, data: bytes, others: list[bytes]) -> bytes:
    """Return the data after one to four changes of bytes, pieces, lines, or numbers."""
    for _ in range(draw.choice((1, 1, 1, 2, 4))):
        data = _changed(draw, data, others)
    return data


def _changed(draw: Random, data: bytes, others: list[bytes]) -> bytes:
    if not data:
        return draw.choice(others)
    at, to = sorted(draw.randrange(len(data) + 1) for _ in range(2))
    kind = draw.randrange(10)
    if kind == 0:
        at = draw.randrange(len(data))
        return data[:at] + bytes([draw.randrange(256)]) + data[at + 1 :]
    if kind == 1:
        return data[:at] + data[to:]
    if kind == 2:
        return data[:at]
    if kind == 3:
        return data[:to] + data[at:to] * draw.choice((1, 2, 50)) + data[to:]
    if kind == 4:
        other = draw.choice(others)
        return data[:at] + other[draw.randrange(len(other) + 1) :]
    if kind == 5:
        lines = data.split(b"\n")
        draw.shuffle(lines)
        return b"\n".join(lines)
    if kind == 6:
        piece = draw.choice(
            (b"\x00", b"\xff\xfe", b"\r", b"{", b"[", b'"', b"*", b"=", b",", b"\n\n", b"-", b"e9", b"\xed\xa0\x80")
        )
        return data[:at] + piece * draw.choice((1, 1, 100)) + data[at:]
    return _renumbered(draw, data)


def _renumbered(draw: Random, data: bytes) -> bytes:
    """Return the data with one of its numbers replaced."""
    digits = [i for i, byte in enumerate(data) if 48 <= byte <= 57]
    if not digits:
        return data + b"1"
    start = end = draw.choice(digits)
    while end < len(data) and (48 <= data[end] <= 57 or data[end : end + 1] in (b".", b"e", b"-")):
        end += 1
    return data[:start] + draw.choice(NUMBERS).encode() + data[end:]


def document_of(draw: Random, document: Any) -> Any:
    """Return a JSON document after one to three changes of its nodes."""
    document = copy.deepcopy(document)
    for _ in range(draw.choice((1, 1, 2, 3))):
        holder, key = _node(draw, document)
        if holder is None:
            return draw.choice(VALUES)
        _alter(draw, holder, key)
    return document


def _node(draw: Random, document: Any) -> tuple[Any, Any]:
    """Return a random place in a document: its holder and its key, None for the document itself."""
    holder, key, node = None, None, document
    while isinstance(node, dict | list) and node and (holder is None or draw.random() < 0.75):
        holder, key = node, draw.choice(list(node) if isinstance(node, dict) else range(len(node)))
        node = holder[key]
    return holder, key


def _alter(draw: Random, holder: Any, key: Any) -> None:
    kind, node = draw.randrange(7), holder[key]
    if kind == 0:
        del holder[key]
    elif kind == 1 and isinstance(holder, list):
        holder.insert(key, copy.deepcopy(node))
    elif kind == 2 and isinstance(holder, dict):
        holder[draw.choice(("x", "", "degree", "bounds", str(key).upper(), "__proto__"))] = copy.deepcopy(node)
    elif kind == 3 and isinstance(node, str | int | float):
        text = draw.choice(NUMBERS)
        holder[key] = text if isinstance(node, str) or draw.random() < 0.5 else draw.choice(VALUES)
    elif kind == 4:
        holder[key] = [node] if draw.random() < 0.5 else {"x": node}
    elif kind == 5 and isinstance(node, list) and node:
        holder[key] = node * draw.choice((2, 30)) if draw.random() < 0.5 else node[:-1]
    else:
        holder[key] = copy.deepcopy(draw.choice(VALUES))


def text_of(document: Any) -> bytes:
    """Return a document as JSON, with the numbers that JSON has not, where they are."""
    return json.dumps(document, ensure_ascii=True).encode()


def sealed(document: Any) -> Any:
    """Return a certificate's document with the digest of its content, so that the content itself is read."""
    if not isinstance(document, dict):
        return document
    rest = {key: value for key, value in document.items() if key != "digest"}
    return {**rest, "digest": hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()}


def arrays_of(draw: Random, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """Return named arrays after one or two changes: of shape, kind, entries, or names."""
    arrays = dict(arrays)
    for _ in range(draw.choice((1, 1, 2))):
        name = draw.choice(list(arrays))
        array = np.asarray(arrays[name])
        choices = [
            lambda a: a[:-1],
            lambda a: a[None],
            lambda a: a.ravel(),
            lambda a: a.T,
            lambda a: np.zeros((0, *a.shape[1:])),
            lambda a: np.zeros(
                a.shape, dtype=draw.choice(("U3", "S2", "c16", "M8[s]", "m8[s]", "?", "i1", "f2", "O", "V4"))
            ),
            lambda a: np.where(
                np.arange(a.size).reshape(a.shape) == 0, draw.choice((np.nan, np.inf, 1e300, 1e-320)), a
            ),
            lambda a: a * draw.choice((0.0, 1e10, 1e-10, 1e160)),
            lambda a: np.array(
                draw.choice((None, 3, "x", [[1], [2]], 1j)), dtype=object if draw.random() < 0.2 else None
            ),
            lambda a: a.astype(">f8"),
            lambda a: a.astype(np.longdouble),
            lambda a: np.ma.masked_array(a, True),
        ]
        kind = draw.randrange(len(choices) + 2)
        if kind == len(choices):
            del arrays[name]
            if not arrays:
                return {"X": np.zeros(1)}
        elif kind == len(choices) + 1:
            arrays[draw.choice(("W9", "b1", "X", "Y", "W1", "x", "W0", "b7"))] = arrays[name]
        else:
            arrays[name] = choices[kind](array) if array.ndim else array
    return arrays


def archive_of(arrays: dict[str, Any]) -> bytes:
    """Return the bytes of an ``.npz`` file."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def header_of(draw: Random, data: bytes) -> bytes:
    """Return an ``.npz`` file in which one array's header announces another shape or type."""
    source, target = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    victim = draw.choice(source.namelist())
    with zipfile.ZipFile(target, "w") as archive:
        for name in source.namelist():
            content = source.read(name)
            if name == victim:
                old, new = draw.choice(
                    (
                        (b"'shape': (", b"'shape': (99999999999, "),
                        (b"'shape': (", b"'shape': (-1, "),
                        (b"<f8", draw.choice((b"|O8", b"<f4", b"<U9", b"|V8", b"<c8", b"abc"))),
                        (b"False", b"True "),
                        (b"descr", b"desck"),
                        (b"NUMPY\x01\x00", draw.choice((b"NUMPY\x09\x00", b"NUMPY\x02\x00", b"NUMPX\x01\x00"))),
                    )
                )
                content = content.replace(old, new, 1)
            archive.writestr(name, content)
    return target.getvalue()
