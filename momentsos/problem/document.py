"""The JSON of a problem, both ways; reading it evaluates no code."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InvalidInput
from ..machine.checks import shown
from ..polynomials import Polynomial
from ..polynomials.exponents import MAX_DEGREE
from ..polynomials.factored import Factor
from ..polynomials.ratios import ratio
from .sense import Sense

if TYPE_CHECKING:
    from .problem import Problem

#: Decimal exponents of more than three digits: "1e999999999" would be a number of a billion digits.
_LONG_POWER = re.compile(r"[eE][+-]?0*[1-9][\d_]{3}")
#: Characters of a coefficient as text, and the bits of numerator and denominator that fit into them.
_LONGEST, _BITS = 4_000, 13_000
#: Keys that a problem may have beside its objective's, and those of objectives.
_KEYS, _SENSES = (
    {"variables", "inequalities", "equalities", "squares", "matrix_inequalities", "ratios"},
    {sense.value for sense in Sense},
)


def fields_of(data: object) -> dict[str, Any]:
    """Return what a problem is made with from the dictionary that a file holds.

    Raises
    ------
    InvalidInput
        A part of it is not as the format says; the message names the part.
    """
    if not isinstance(data, Mapping):
        raise InvalidInput("problem: expected a JSON object with 'variables' and 'minimize'")
    unknown = sorted(shown(key) for key in set(data) - _KEYS - _SENSES)
    missing = sorted({"variables"} - set(data)) + ([] if _SENSES & set(data) else ["minimize"])
    if unknown or missing:
        raise InvalidInput(f"problem: unknown keys {unknown}, missing keys {sorted(missing)}")
    given = data["variables"]
    if not isinstance(given, list) or not given or not all(isinstance(name, str) for name in given):
        raise InvalidInput("problem.variables: expected a list of names")

    def polynomials(key: str) -> tuple[Polynomial, ...]:
        listed = data.get(key)
        listed = [] if listed is None else listed
        if not isinstance(listed, list):
            raise InvalidInput(f"problem.{key}: expected a list of polynomials")
        return tuple(polynomial_from_json(p, given, f"{key}[{i}]") for i, p in enumerate(listed))

    ratios = _ratios_from_json(data.get("ratios"), given)
    return {
        **{key: ratios + polynomial_from_json(data[key], given, key) for key in sorted(_SENSES & set(data))},
        "inequalities": polynomials("inequalities"),
        "equalities": polynomials("equalities"),
        "variables": tuple(given),
        "squares": _factor_from_json(data.get("squares"), given),
        "matrix_inequalities": _matrices_from_json(data.get("matrix_inequalities"), given),
    }


def _matrices_from_json(listed: Any, names: Sequence[str]) -> list[list[list[Polynomial]]]:
    key, given = "matrix_inequalities", [] if listed is None else listed
    if not isinstance(given, list) or not all(isinstance(each, list) for each in given):
        raise InvalidInput(f"problem.{key}: expected a list of matrices, each a list of rows of polynomials")
    found = []
    for k, matrix in enumerate(given):
        if not all(isinstance(row, list) for row in matrix):
            raise InvalidInput(f"problem.{key}[{k}]: expected a list of rows of polynomials")
        found.append(
            [
                [polynomial_from_json(p, names, f"{key}[{k}][{i}][{j}]") for j, p in enumerate(row)]
                for i, row in enumerate(matrix)
            ]
        )
    return found


def _ratios_from_json(listed: Any, names: Sequence[str]) -> Any:
    """Return the sum of ratios, the zero polynomial without any."""
    pairs = [] if listed is None else listed
    if not isinstance(pairs, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        raise InvalidInput("problem.ratios: expected a list of [numerator, denominator]")
    found: Any = Polynomial.constant(0, names)
    for i, pair in enumerate(pairs):
        found = found + ratio(*(polynomial_from_json(p, names, f"ratios[{i}][{j}]") for j, p in enumerate(pair)))
    return found


def polynomial_from_json(terms: Any, names: Sequence[str], where: str) -> Polynomial:
    """Return the polynomial that a list of ``[coefficient, exponents]`` is."""
    if not isinstance(terms, list):
        raise InvalidInput(f"problem.{where}: expected a list of [coefficient, exponents]")
    rows, values = [], []
    for i, term in enumerate(terms):
        if not (isinstance(term, list) and len(term) == 2 and isinstance(term[1], list)):
            raise InvalidInput(f"problem.{where}[{i}]: expected [coefficient, exponents], got {term!r:.80}")
        coefficient, row = term
        whole = all(isinstance(power, int) and not isinstance(power, bool) for power in row)
        if len(row) != len(names) or not whole or not all(0 <= power <= MAX_DEGREE for power in row):
            raise InvalidInput(
                f"problem.{where}[{i}]: expected {len(names)} nonnegative integers of at most {MAX_DEGREE}, "
                f"got {row!r:.80}"
            )
        rows.append(row)
        values.append(_coefficient_from_json(coefficient, f"{where}[{i}]"))
    return Polynomial.from_terms(np.array(rows, dtype=np.int64).reshape(len(rows), len(names)), values, names)


def _coefficient_from_json(value: Any, where: str) -> float | Fraction:
    try:
        if isinstance(value, str) and len(value) <= _LONGEST and not _LONG_POWER.search(value):
            return Fraction(value)
        if isinstance(value, int | float) and not isinstance(value, bool) and np.isfinite(float(value)):
            return value
    except (ValueError, ZeroDivisionError, OverflowError):
        pass
    raise InvalidInput(f"problem.{where}: expected a finite number or a fraction such as '1/3', got {value!r:.80}")


def _factor_from_json(given: Any, names: Sequence[str]) -> Factor | None:
    if given is None:
        return None
    if not isinstance(given, Mapping) or set(given) != {"exponents", "matrix", "combination"}:
        raise InvalidInput("problem.squares: expected an object with exponents, matrix and combination")
    return Factor.of(given["exponents"], given["matrix"], names, given["combination"])


def document_of(problem: Problem) -> dict[str, Any]:
    """Return a problem as the dictionary that `fields_of` reads."""

    def listed(polynomials: Sequence[Polynomial]) -> list[Any]:
        return [polynomial_to_json(p) for p in polynomials]

    turned = problem.sense.turned
    document: dict[str, Any] = {
        "variables": list(problem.variables),
        problem.sense.value: polynomial_to_json(turned(problem.minimize)),
        "inequalities": listed(problem.inequalities),
        "equalities": listed(problem.equalities),
    }
    if problem.squares is not None:
        document["squares"] = problem.squares.as_dict()
    if problem.matrix_inequalities:
        document["matrix_inequalities"] = [[listed(row) for row in matrix] for matrix in problem.matrix_inequalities]
    if problem.ratios:
        document["ratios"] = [listed((turned(p), q)) for p, q in problem.ratios]
    return document


def polynomial_to_json(polynomial: Polynomial) -> list[Any]:
    """Return a polynomial as a list of ``[coefficient, exponents]``; exact coefficients are strings."""
    return [
        [_coefficient_to_json(value), [int(power) for power in row]]
        for row, value in zip(polynomial.exponents, polynomial.coefficients, strict=True)
    ]


def _coefficient_to_json(value: Any) -> str | float:
    if not isinstance(value, Fraction):
        return float(value)
    if value.numerator.bit_length() + value.denominator.bit_length() > _BITS:
        raise InvalidInput(f"problem: a coefficient is a fraction of more than {_LONGEST} digits, which no file holds")
    return str(value)
