r"""Objectives without constraints: forms, and bounds over all of space by identities with a denominator.

A form, and every polynomial that is homogeneous in weights of its own, has the infimum 0 or falls without end: a
negative value anywhere decides, along the curve :math:`x_i = p_i t^{w_i}` through the point. That there is none is
proved by an exact identity :math:`f\, (c + \sum_i x_i^2)^k = \sigma` (`momentsos.relaxations.multiplied`), and by
nothing less: a defect of 1e-12 in it would exceed everything far out. So are bounds of other polynomials, near the best
value known or equal to it, where relaxations have closed the gap near by only, or not at all.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..bounds.region import EVERYTHING
from ..machine.mappings import ReadOnly
from ..points.falling import Falling, falls_along
from ..points.judge import Feasibility
from ..points.sphere import low_on_sphere
from ..polynomials import Polynomial, basis_size
from ..polynomials.evaluation import exact_value
from ..polynomials.homogeneous import Homogeneity, homogeneity_of
from ..problem import Problem
from ..relaxations.multiplied import METHOD
from .gaps import closes
from .hooks import EVERYWHERE
from .request import Asked, Facts, Request, is_number
from .result import Result
from .status import Status

Floats = NDArray[np.float64]

#: Powers of the denominator that are tried, with bases of up to this many monomials.
_POWERS, _MOST_MONOMIALS = (0, 1, 2, 3), 220
#: Seconds that descents on the sphere may take.
_SEARCH = 2.0
#: The share of the time that is left which the proof may take, and seconds where there is no limit.
_SHARE, _SECONDS = 0.5, 20.0
#: Points on the sphere with values up to this share of the largest coefficient count as zeros.
_ZERO = 1e-9
#: Zeros that are shown.
_SHOWN = 8
#: Coordinates of negative points are shortened to this many binary digits, where the value stays negative.
_DIGITS = (0, 2, 4, 8, 16, 32)
#: Bounds of other polynomials lie below the best value by these shares of the tolerance.
_BELOW = (0.05, 0.9)
#: Values that differ from a multiple of 1/1024 by this share of their size may be that, but for rounding.
_SHORT, _ROUNDED = 1024.0, 1e-9
_REASON = "auto took an identity with a denominator: the objective is homogeneous."


def is_free(problem: Problem, asked: Asked, facts: Facts) -> bool:
    """Whether nothing is constrained, nothing known of the objective beforehand, and no method, order or ball named."""
    constrained = problem.inequalities or problem.equalities or problem.matrix_inequalities or problem.ratios
    known = problem.squares is not None or facts.squares or facts.scale is not None or np.isfinite(facts.floor)
    named = asked.method != "auto" or asked.order is not None or asked.max_order is not None or is_number(asked.bound)
    return not (constrained or known or named) and problem.minimize.degree > 0


def of_homogeneous(request: Request, began: float) -> Result | None:
    """Return the result for a homogeneous objective; None where it is not homogeneous, or nothing is proved.

    Parameters
    ----------
    request : Request
        Of a problem that `is_free`.
    began : float
        On the clock of `time.perf_counter`.
    """
    f = request.problem.minimize
    homogeneous = homogeneity_of(f)
    if homogeneous is None:
        return None
    odd = homogeneous.plain and homogeneous.degree % 2 == 1
    if not odd and (f.degree % 2 or _size(f, 0, 0) > _MOST_MONOMIALS):
        return None
    points = low_on_sphere(f, request.seed, time.perf_counter() + min(_SEARCH, _limit(request)), not odd)
    proof, direction = _falls(request.problem, homogeneous, points)
    if proof is not None:
        return _unbounded(request, homogeneous, direction, began)
    zeros = _zeros(f, points)
    exact = [p.tolist() for p in zeros if p.any() and not exact_value(f, [Fraction(x) for x in p.tolist()])]
    distinct = list(dict.fromkeys(tuple(x + 0.0 for x in p) for p in exact))  # no minus before a zero
    shown = np.array([np.zeros(len(f.variables)), *distinct[:_SHOWN]])
    plain = _result(request, 0.0, 0.0, shown, began)
    kinds = [(c, k, False) for k in _POWERS for c in ((0,) if homogeneous.plain else (0, 1))]
    if homogeneous.plain:
        kinds.insert(2, (0, 1, True))
    for kind in kinds:
        found = _proved(plain, Fraction(0), kind, zeros, request)
        if found is not None:
            return found
    return None


def seen_everywhere(result: Result, request: Request, began: float, last: bool = True) -> Result:
    """Return the result of relaxations with what holds over all of space, where that closes the gap.

    A proved bound of a homogeneous objective is one of zero. Bounds below the best value by a share of the tolerance
    are tried at last.
    """
    lower, upper = result.problem.sense.bounds(result.lower_bound, result.upper_bound)
    proved = lower is not None and lower < 0 and result.region.everything and result.rigorous
    if not proved or upper is None or homogeneity_of(request.problem.minimize) is None:
        return _sharpened(result, request, began, last)
    plain = _result(request, 0.0, 0.0, np.zeros((1, result.problem.n_variables)), began)
    return replace(
        result,
        status=Status.CERTIFIED,
        lower_bound=plain.lower_bound,
        upper_bound=plain.upper_bound,
        minimizers=plain.minimizers,
        fine=plain.fine,
        feasibility=plain.feasibility,
        message=f"{plain.message} The objective is homogeneous: any bound is one of zero.",
    )


def _sharpened(result: Result, request: Request, began: float, last: bool) -> Result:
    """Return the result with a bound over all of space that closes the gap, where one is proved."""
    _, upper = result.problem.sense.bounds(result.lower_bound, result.upper_bound)
    open_ends = (Status.BOUNDED, Status.CERTIFIED_WITHIN)
    if result.status not in open_ends or upper is None or request.time_left() <= 0:
        return result
    size = max(abs(upper), result.unit)
    attained = dict.fromkeys((_simple(upper, size), upper))
    below = [upper - share * request.tol * size for share in _BELOW] if last else []
    for gamma in (*attained, *below):
        if not closes(gamma, upper, result.unit, request.tol):
            continue
        zeros = result.minimizers if gamma in attained else result.minimizers[:0]
        plain = replace(
            _result(request, gamma, upper, result.minimizers, began),
            fine=result.fine,
            feasibility=result.feasibility,
            unit=result.unit,
            attempts=result.attempts,
            reason=f"{result.reason} It was not enough, and an identity with a denominator was looked for.".strip(),
        )
        for power in _POWERS[:3]:
            for constant in (1, 0) if power else (1,):
                found = _proved(plain, Fraction(gamma), (constant, power, False), zeros, request)
                if found is not None:
                    return found
    return result


def _simple(value: float, size: float) -> float:
    """Return a short binary fraction next to a value, which may have missed it by rounding; else the value."""
    near = round(value * _SHORT) / _SHORT
    return near if near <= value + 1e-12 * size and abs(near - value) <= _ROUNDED * size else value


def _size(f: Polynomial, lower: int, power: int) -> int:
    """Return how many monomials squares may have; those of lower degree too where there are any."""
    used, half = int(f.support.occurs.sum()), f.degree // 2 + power
    return basis_size(used, half) - (0 if lower else basis_size(used, half - 1))


def _limit(request: Request) -> float:
    left = request.time_left()
    return _SHARE * left if np.isfinite(left) else _SECONDS


def _proved(
    plain: Result, bound: Fraction, kind: tuple[int, int, bool], zeros: Floats, request: Request
) -> Result | None:
    """Return a result with its certificate, None where the identity is large, or none was found.

    The kind is the constant of the denominator, its power, and whether the quadratic is looked for.
    """
    constant, power, free = kind
    f = request.problem.minimize
    size = _size(f, int(constant or bool(bound)), power)
    if size > _MOST_MONOMIALS or request.time_left() <= 0 or f.degree % 2:
        return None
    request.say(f"an identity with the denominator ({constant} + {'q' if free else '|x|^2'})^{power}: {size} monomials")
    until = time.perf_counter() + _limit(request)
    certificate = EVERYWHERE(plain, bound, kind, zeros, solver=request.solver, until=until)
    if certificate is None:
        return None
    blocks = [len(block["gram"]) for block in certificate.document["blocks"]]
    sizes = {"blocks": len(blocks), "largest_block": max(blocks)}
    result = replace(plain, order=power, sizes=ReadOnly(sizes))
    vars(result)["certificate"] = certificate  # what the property would find again
    return result


def _result(request: Request, lower: float, upper: float, points: Floats, began: float) -> Result:
    """Return the record of a bound that is about to be proved."""
    sense, total = request.problem.sense, time.perf_counter() - began
    least, most = sense.bounds(lower, upper)
    return Result(
        status=Status.CERTIFIED,
        lower_bound=least,
        upper_bound=most,
        minimizers=points,
        fine=np.zeros_like(points),
        feasibility=Feasibility.EXACT,
        order=0,
        method=METHOD,
        solver=request.solver,
        region=EVERYTHING,
        absorbed=True,
        proved=True,
        unit=1.0 if request.facts.unit is None else request.facts.unit,
        tol=request.tol,
        problem=request.problem,
        message=Status.CERTIFIED.meaning_for(sense),
        reason=_REASON,
        seconds=ReadOnly({"formulate": 0.0, "relax": 0.0, "solve": total, "extract": 0.0, "total": total}),
    )


def _unbounded(request: Request, homogeneous: Homogeneity, point: list[Fraction], began: float) -> Result:
    """Return the result for an objective with a negative value at a point."""
    names, sense = request.problem.variables, request.problem.sense
    where = ", ".join(
        f"{name} = {_along(value, weight)}"
        for name, value, weight in zip(names, point, homogeneous.weights, strict=True)
    )
    meaning, remedy = Status.UNBOUNDED.meaning_for(sense), Status.UNBOUNDED.remedy
    none = np.zeros((0, len(names)))
    plain = _result(request, 0.0, 0.0, none, began)
    return replace(
        plain,
        status=Status.UNBOUNDED,
        lower_bound=None,
        upper_bound=None,
        feasibility=None,
        order=None,
        proved=False,
        message=f"{meaning} It is homogeneous, and does so along {where:.300} as t grows. {remedy}",
        reason="auto looked at the unit sphere: the objective is homogeneous.",
    )


def _along(value: Fraction, weight: int) -> str:
    """Return a value times a power of `t` as text."""
    if not value:
        return "0"
    power = "t" if weight == 1 else f"t^{weight}"
    text = str(value) if len(str(value)) <= 12 else f"{float(value):.9g}"
    return {"1": power, "-1": f"-{power}"}.get(text, f"{text} {power}")


def _falls(problem: Problem, homogeneous: Homogeneity, points: Floats) -> tuple[Falling | None, list[Fraction]]:
    """Return the proof that the objective falls along a curve through a point, and the point; None without one.

    Of odd degree the opposite of a point with a positive value has a negative one.
    """
    f = problem.minimize
    signs = (1, -1) if homogeneous.plain and homogeneous.degree % 2 else (1,)
    for p in (sign * row for row in points for sign in signs):
        if float(f(p)) >= _ZERO * f.scale:  # far from negative
            continue
        for place in _shortened(p):
            if exact_value(f, place) < 0:
                curves = [{w: v} if v else {} for v, w in zip(place, homogeneous.weights, strict=True)]
                proof = falls_along(problem, curves)
                if proof is not None:
                    return proof, place
    return None, []


def _shortened(point: Floats) -> Iterator[list[Fraction]]:
    """Yield a point in few binary digits, in more, and as it is."""
    scaled = point / np.abs(point).max()
    for digits in _DIGITS:
        yield [Fraction(round(x * 2**digits), 2**digits) for x in scaled.tolist()]
    yield [Fraction(x) for x in point.tolist()]


def _zeros(f: Polynomial, points: Floats) -> Floats:
    """Return the points at which a polynomial vanishes, as far as floats tell, largest coordinate one."""
    lengths = np.linalg.norm(points, axis=1, keepdims=True)
    values = np.abs(np.asarray(f(points / lengths)))
    near = points[values <= _ZERO * f.scale]
    return np.asarray(near / np.abs(near).max(axis=1, keepdims=True)) if len(near) else near
