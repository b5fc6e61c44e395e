"""The same problems by other ways: methods, orders, tolerances, as maximisation, in many variables, in odd forms."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from random import Random

from ..case import Case, attained
from ..family import dyadic, family, nonzero, place, positive
from ..rational import constant, squared_norm, total, unknowns
from .bases import base
from .boxes import vanishing
from .nonnegative import nonnegative_on_a_ball


@family("ways")
def named_method(draw: Random) -> Case:
    """The dense, partial and sparse hierarchies by name."""
    return replace(base(draw), options={"method": draw.choice(("dense", "partial", "sparse"))})


@family("ways")
def higher_order(draw: Random) -> Case:
    """An order above the lowest, of the dense hierarchy."""
    case = draw.choice((base, nonnegative_on_a_ball))(draw)
    most = max(p.degree for p in (case.objective, *case.inequalities, *case.equalities))
    order = max(1, -(-most // 2)) + 1
    if case.n > 3 or order > 5:
        return case
    return replace(case, options={"method": "dense", "order": order})


@family("ways")
def other_tolerance(draw: Random) -> Case:
    """Tolerances from 1e-9 to 1e-2: never more than the gap that is reported."""
    return replace(base(draw), options={"tol": draw.choice((1e-2, 1e-3, 1e-4, 1e-8, 1e-9))})


@family("ways")
def own_scale(draw: Random) -> Case:
    """``unit`` from 1e-6 to 1e12: a gap is one against it, or against the upper bound, and against nothing else."""
    case = draw.choice((base, nonnegative_on_a_ball))(draw)
    return replace(case, options={"unit": 10.0 ** draw.choice((-6, 0, 3, 6, 12))})


@family("ways")
def named_squares(draw: Random) -> Case:
    """``squares=`` that add up to the objective, or miss it by a constant or a term: refused then, or not believed."""
    n = draw.choice((1, 2, 3))
    p = place(draw, n)
    squares = [vanishing(draw, p, draw.choice((1, 2))) for _ in range(n + 1)]
    objective = total((q * q for q in squares), n)
    least = draw.choice((Fraction(0), dyadic(draw, -3, 3)))
    told = squares if draw.random() < 0.7 else squares[:-1]
    return Case(objective + least, (), (), attained(least, p), options={"squares": told})


@family("ways")
def no_ball(draw: Random) -> Case:
    """``bound=None``: no ball is ever put around the variables."""
    return replace(base(draw), options={"bound": None})


@family("maximisation")
def maximised(draw: Random) -> Case:
    """The objective negated and maximised."""
    return replace(base(draw), maximize=True)


@family("many variables")
def chain(draw: Random) -> Case:
    """Squares that link neighbours, all zero at one point, in 10 to 40 variables."""
    n = draw.choice((10, 15, 20, 40))
    p = place(draw, n, 1, 1)
    x = unknowns(n)
    objective = constant(n, dyadic(draw, -2, 2))
    least = objective((Fraction(0),) * n)
    bend, stiff = dyadic(draw, 0, 1), draw.choice((1, 1, 16, 100))
    for i in range(n - 1):
        link = x[i + 1] - p[i + 1] - bend * (x[i] * x[i] - p[i] ** 2)
        objective = objective + stiff * link**2 + (x[i] - p[i]) ** 2
    walls = tuple(4 - v * v for v in x) if draw.random() < 0.3 else ()
    return Case(objective, walls, (), attained(least, p))


@family("many variables")
def chain_of_boxes(draw: Random) -> Case:
    """A multilinear chain in signs' box, `Σ a_i x_i x_{i+1}`: least at a corner, found by going along the chain."""
    n = draw.choice((8, 12, 20))
    x = unknowns(n)
    links = [nonzero(draw, 2) for _ in range(n - 1)]
    objective = total((a * x[i] * x[i + 1] for i, a in enumerate(links)), n)
    corner = [Fraction(1)]
    for a in links:
        corner.append(corner[-1] * (-1 if a > 0 else 1))
    least = -sum(map(abs, links), start=Fraction(0))
    return Case(objective, tuple(1 - v * v for v in x), (), attained(least, tuple(corner)))


@family("ways")
def odd_forms(draw: Random) -> Case:
    """Constant objectives, variables that nothing depends on, equations of constants, squares as inequalities."""
    n = draw.choice((1, 2, 3))
    x = unknowns(n)
    p = place(draw, n)
    c = dyadic(draw, -3, 3)
    kind = draw.randrange(5)
    if kind == 0:
        return Case(constant(n, c), (4 - squared_norm(n),), (), attained(c, (Fraction(0),) * n))
    if kind == 1:
        return Case((x[0] - p[0]) ** 2 + c, (), (), attained(c, p))
    if kind == 2:
        return Case(constant(n, c), (), (squared_norm(n, p) - 1,), attained(c, (p[0] + 1, *p[1:])))
    if kind == 3:
        walls = (positive(draw) * (x[0] - p[0]) ** 2, 9 - squared_norm(n))
        corner = (Fraction(-3), *([Fraction(0)] * (n - 1)))
        return Case(x[0] + c, walls, (), attained(c - 3, corner))
    return Case((x[0] - p[0]) ** 4 + c, (), (constant(n, 0), x[-1] - p[-1]), attained(c, p))
