"""Calls of the public interface with one argument, or two, that do not belong there."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

import momentsos as ms

from . import valid


class _Odd:
    """An object whose conversions fail."""

    def __float__(self) -> float:
        raise RuntimeError("no float")

    def __repr__(self) -> str:
        return "odd"


#: What is put where something else is expected; made anew for each call, as some can be used once only.
HOSTILE: tuple[Callable[[], Any], ...] = tuple(
    (lambda value=value: value)
    for value in (
        None, True, False, 0, 1, -1, 2, 3, 10**40, -(10**40), 2**63, 0.5, -0.5, 1e308, 5e-324, float("nan"),
        float("inf"), -float("inf"), 1j, "", "x", "auto", "1GB", "dense", "\x00", "x y", b"x", (), [], {}, set(), [1],
        [None], ["x"], ["x", "y"], [[1, 2], [3]], {"x": 1}, {"max_iterations": -1}, {"threads": 0}, {"tol": "x"},
        {"nobody": 1}, {1: 2}, Fraction(1, 3), Decimal("0.1"), Path("/nonexistent/x"), Path("/"), object, object(), len,
        range(3), ..., np.float64(0.5), np.float32(2), np.int64(3), np.bool_(True), np.array(1.0), np.array([]),
        np.zeros((2, 2)), np.zeros((0, 2)), np.full((2, 2), np.nan), np.array(["a"]), np.array([{}], dtype=object),
        np.zeros(2, dtype=complex), np.ma.masked, np.datetime64("2020-01-01"), np.zeros((2, 2, 2)), _Odd(), type,
    )
)  # fmt: skip


@cache
def _things() -> dict[str, Any]:
    x, y = ms.variables("x", "y")
    problem = ms.Problem(x**2 * y - x * y, [1 - x**2 - y**2])
    rng = np.random.default_rng(1)
    weights = [rng.standard_normal((2, 2)) for _ in range(2)]
    network = ms.PolynomialNetwork(weights, [1])
    X, Y = rng.standard_normal((3, 2)), rng.standard_normal((3, 2))
    result = ms.solve(problem)
    certificate = result.certify(exact=True)
    known = network.with_coefficients([[0.5, 1.0]])
    relaxation = ms.relax(problem)
    return locals()


def hostile(draw: Random) -> Any:
    """Return a value that is likely not to belong where it is put."""
    if draw.random() < 0.1:
        t = _things()
        return draw.choice(
            (t["x"], t["problem"], t["network"], t["result"], t["certificate"], ms.solve, ms.Status.CERTIFIED)
        )
    value = draw.choice(HOSTILE)()
    return [value] if draw.random() < 0.15 else value


def _power(base: Any, exponent: Any) -> Any:
    """Return a power; that an operator does not know a type is Python's own word, a `TypeError`."""
    try:
        return base**exponent
    except TypeError:
        return None


#: Doors: a name, the callable, and its valid arguments by position and by name.
Door = tuple[str, Callable[..., Any], tuple, dict[str, Any]]


@cache
def doors() -> tuple[Door, ...]:
    """Return the public functions with arguments that they take."""
    t = _things()
    x, y, problem, network, X, Y = (t[k] for k in ("x", "y", "problem", "network", "X", "Y"))
    options = {"order": 2, "max_order": 2, "method": "dense", "solver": "auto", "tol": 1e-6, "time_limit": 1.0}
    options |= {
        "solver_options": {"max_iterations": 50},
        "bound": "auto",
        "memory_limit": 10**9,
        "seed": 0,
        "progress": None,
    }
    of_solve = {**options, "candidates": np.zeros((1, 2)), "unit": 1.0, "squares": ()}
    rows, values, names = [[1, 0], [0, 2]], [1.0, -2.5], ["x", "y"]
    found: list[Door] = [
        ("variables", ms.variables, ("x", "y"), {}),
        ("from_terms", ms.Polynomial.from_terms, (rows, values, names), {}),
        ("constant", ms.Polynomial.constant, (1.5, ("x",)), {}),
        ("over", x.over, (["x", "y", "z"],), {}),
        ("coefficient", x.coefficient, ([1, 0],), {}),
        ("degree_in", x.degree_in, (["x"],), {}),
        ("derivative", x.derivative, ("x",), {}),
        ("substitute", (x * y).substitute, ({"x": y},), {}),
        ("evaluate", (x * y), ([0.5, 2.0],), {}),
        ("power", partial(_power, x), (2,), {}),
        ("Problem", ms.Problem, (x * y,), {"inequalities": [1 - x**2], "equalities": [y - 1], "variables": ("x", "y")}),
        ("from_json", ms.Problem.from_json, (valid.PROBLEMS[0],), {}),
        ("from_sympy", ms.Problem.from_sympy, (1,), {"inequalities": (), "equalities": (), "variables": ("x",)}),
        ("to_json", problem.to_json, ("/nonexistent/p.json",), {}),
        ("violation", problem.violation, (np.zeros(2),), {}),
        ("relax", ms.relax, (problem,), {"order": 2, "method": "dense", "memory_limit": 10**9}),
        ("solve", ms.solve, (problem,), of_solve),
        (
            "solve",
            ms.solve,
            (problem,),
            {key: of_solve[key] for key in ("time_limit", "candidates", "seed", "squares")},
        ),
        (
            "network",
            ms.PolynomialNetwork,
            ([np.ones((2, 2))] * 2, [2]),
            {"biases": [np.zeros(2)] * 2, "coefficients": None},
        ),
        ("predict", t["known"].predict, (X,), {}),
        ("with_coefficients", network.with_coefficients, ([[0.5, 1.0]],), {}),
        (
            "learn",
            ms.learn,
            (network, X, Y),
            {"loss": "mse", **options, "order": None, "max_order": None, "method": "auto"},
        ),
        ("learn", ms.learn, (network, X, Y), {"loss": "mae", "time_limit": 1.0}),
        ("formulate", ms.formulate, (network, X, Y, "mse"), {}),
        ("read_sdpa", ms.read_sdpa, ("/nonexistent/x.dat-s",), {}),
        ("write_sdpa", t["relaxation"].sdp.write_sdpa, ("/nonexistent/x.dat-s",), {}),
        ("certify", t["result"].certify, (), {"exact": True, "tolerance": 1e-4, "solver": "auto", "time_limit": 5.0}),
        ("verify", t["certificate"].verify, (problem,), {}),
        ("certificate.to_json", t["certificate"].to_json, ("/nonexistent/c.json",), {}),
    ]
    if hasattr(ms, "load"):
        found.append(("load", ms.load, ("/nonexistent/x.json",), {}))
        found.append(("result.to_json", t["result"].to_json, ("/nonexistent/x.json",), {}))
    return tuple(found)


def call(draw: Random) -> tuple[str, Callable[[], Any]]:
    """Return a call with one or two wrong arguments: its words, and what makes it."""
    name, function, places, named = draw.choice(doors())
    arguments, options = list(places), dict(named)
    for _ in range(draw.choice((1, 1, 1, 2))):
        key = draw.choice([*range(len(arguments)), *options])
        if isinstance(key, int):
            arguments[key] = hostile(draw)
        else:
            options[key] = hostile(draw)
    told = [_short(a) for a in arguments] + [f"{k}={_short(v)}" for k, v in options.items() if v is not named.get(k)]
    return f"{name}({', '.join(told)})", lambda: function(*arguments, **options)


def _short(value: object) -> str:
    try:
        return repr(value)[:60].replace("\n", " ")
    except (RuntimeError, TypeError, ValueError):
        return type(value).__name__
