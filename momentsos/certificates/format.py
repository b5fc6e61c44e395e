"""The format of certificate files: what may be in them, read within limits. Standard library only."""

from __future__ import annotations

import hashlib
import json
import math
import re
import time
from fractions import Fraction
from os import PathLike
from typing import Any

NAME, VERSION = "momentsos certificate", 2
#: The version of files whose denominator has a constant and linear forms.
WITH_FORMS = 3
#: The version of files with half-spaces that use symmetries: see `momentsos.certificates.orbits`.
SYMMETRIC = 4
#: Longest file in bytes, longest list, longest decimal and hexadecimal integers in digits.
MAX_BYTES, MAX_LENGTH, MAX_DECIMAL, MAX_HEXADECIMAL = 10_000_000, 20_000, 4_000, 100_000
_INTEGER = f"(0x[0-9a-f]{{1,{MAX_HEXADECIMAL}}}|[0-9]{{1,{MAX_DECIMAL}}})"
_NUMBER = re.compile(f"-?{_INTEGER}(/{_INTEGER})?")
_TERMS = [("number", ["natural"])]

#: Objects have exactly these keys; `[kind]` is a list of any length, `(kind, ...)` a list of this length.
#: A number is a string "p" or "p/q" of decimal or hexadecimal ("0x...") integers, a natural one below 2^15.
#: A problem whose objective is maximised has it under "maximize", and "bound" is an upper bound then.
#: In version 2 the denominator is (1 + the squares of some t_i)^exponent; in version 3 it has a constant, 0 or 1, and
#: linear forms in the place of the t_i.
FORMAT = {
    "format": "text",
    "version": "natural",
    "digest": "text",
    "statement": "text",
    "numbers": "text",
    "added": [("natural", "text")],
    "problem": {
        "variables": ["text"],
        "minimize": _TERMS,
        "inequalities": [_TERMS],
        "equalities": [_TERMS],
    },
    "change": {"shift": ["number"], "matrix": [["number"]]},
    "denominator": {"exponent": "natural", "variables": ["natural"]},
    "bound": "number",
    "blocks": [
        {
            "factors": ["natural"],
            "basis": [["natural"]],
            "combination": [["number"]],
            "gram": [["number"]],
        }
    ],
    "multipliers": [{"equality": "natural", "basis": [["natural"]], "coefficients": ["number"]}],
    "point": ["number"],
    "directions": [["number"]],
}
_MAXIMIZED = {"problem": {"variables": ["text"], "maximize": _TERMS, "inequalities": [_TERMS], "equalities": [_TERMS]}}
_SYMMETRIC = {
    "symmetry": {"middles": ["number"], "centre": ["number"], "elements": [[("natural", "number")]]},
}
_WITH_FORMS = {"denominator": {"constant": "natural", "exponent": "natural", "forms": [["number"]]}}


class Refused(ValueError):
    """A certificate does not hold or is not in the format; the message says why."""


def need(condition: Any, reason: str) -> None:
    """Raise `Refused` unless the condition holds."""
    if not condition:
        raise Refused(reason)


def load(path: str | PathLike[str]) -> Any:
    """Return the JSON document in a file whose digest fits.

    Raises
    ------
    Refused
        Too large, not JSON, nested too deep, a key twice in an object, a number that is not an integer, or a
        digest that does not fit the content.
    OSError
        The file cannot be read.
    """
    need(isinstance(path, str | PathLike), "expected the path of a file")
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except ValueError as error:  # characters that no path has
        raise Refused(f"expected the path of a file: {error}") from error
    need(len(data) <= MAX_BYTES, f"the file has more than {MAX_BYTES} bytes")
    try:
        document = json.loads(data, parse_float=_forbid, parse_constant=_forbid, object_pairs_hook=_distinct)
    except (ValueError, RecursionError) as error:
        raise Refused(f"not a JSON document of the format: {error}"[:300]) from error
    need(isinstance(document, dict), "expected a JSON object")
    need(
        document.get("digest") == digest(document),
        "the content does not fit the digest: the file was changed",
    )
    return document


def digest(document: dict[str, Any]) -> str:
    """Return the SHA-256 of the content without the digest; it shows damage, and has no part in the proof."""
    rest = {key: value for key, value in document.items() if key != "digest"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def sense_of(document: Any) -> tuple[str, int]:
    """Return "maximize" and -1 where that is what the problem of a document says, else "minimize" and 1."""
    problem = document.get("problem") if isinstance(document, dict) else None
    return ("maximize", -1) if isinstance(problem, dict) and "maximize" in problem else ("minimize", 1)


def read_certificate(document: Any, until: float = math.inf) -> Any:
    """Return a document of a known version with its numbers as fractions; see `read`."""
    own = document if isinstance(document, dict) else {}
    version, known = own.get("version"), type(own.get("version")) is int
    need(
        own.get("format") == NAME and known and version in (VERSION, WITH_FORMS, SYMMETRIC), "unknown format or version"
    )
    extra: dict[Any, Any] = {WITH_FORMS: _WITH_FORMS, SYMMETRIC: _SYMMETRIC}
    kind = FORMAT | (_MAXIMIZED if sense_of(document)[1] < 0 else {}) | extra.get(version, {})
    return read(document, kind, until=until)


def read(value: Any, kind: Any, where: str = "certificate", until: float = math.inf) -> Any:
    """Return `value` with its numbers as fractions, after checking that it has the shape `kind`.

    Raises
    ------
    Refused
        The message names the key; or the time is over (`until` on the clock of `time.monotonic`).
    """
    need(time.monotonic() < until, "the time limit was reached")
    if isinstance(kind, dict):
        need(isinstance(value, dict) and value.keys() == kind.keys(), f"{where}: expected the keys {[*kind]}")
        return {key: read(value[key], kind[key], key, until) for key in kind}
    if isinstance(kind, list | tuple):
        need(isinstance(value, list), f"{where}: expected a list")
        need(len(value) <= MAX_LENGTH, f"{where}: a list of more than {MAX_LENGTH}")
        if kind == ["natural"]:  # most of a file with many variables: rows of exponents
            right = all(type(item) is int and 0 <= item < 2**15 for item in value)
            need(right, f"{where}: expected an integer from 0 to 2^15 - 1")
            return value
        kinds = kind * len(value) if isinstance(kind, list) else kind
        need(len(value) == len(kinds), f"{where}: expected a list of length {len(kinds)}")
        return [read(item, kind, where, until) for item, kind in zip(value, kinds, strict=True)]
    if kind == "natural":
        need(type(value) is int and 0 <= value < 2**15, f"{where}: expected an integer from 0 to 2^15 - 1")
        return value
    need(isinstance(value, str), f"{where}: expected a string")
    return value if kind == "text" else _number(value, where)


def _number(text: str, where: str) -> Fraction:
    need(_NUMBER.fullmatch(text), f"{where}: not a fraction, or too long: {text[:40]}")
    numerator, _, denominator = text.partition("/")
    bottom = int(denominator or "1", 0)
    need(bottom, f"{where}: a denominator is zero")
    return Fraction(int(numerator, 0), bottom)


def write_number(value: Fraction) -> str:
    """Return the string of a number: decimal where it is short, hexadecimal where it is long."""
    parts = [value.numerator] if value.denominator == 1 else [value.numerator, value.denominator]
    return "/".join(str(part) if part.bit_length() < 3 * MAX_DECIMAL else hex(part) for part in parts)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    need(len(dict(pairs)) == len(pairs), "a key occurs twice in an object")
    return dict(pairs)


def _forbid(text: str) -> None:
    raise Refused(f"not an integer: {text[:40]}")
