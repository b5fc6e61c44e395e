r"""Curves along which an objective may fall without end: guesses, which `momentsos.points.falling` checks.

A curve is :math:`x_i(t) = a_i t^{w_i}`, with a point added where one is known. For given integer weights `w`, what
counts far out are the terms with the largest :math:`w^\top \alpha` of objective and constraints, their leading forms;
`a` is looked for among signs and random points, then among ends of local descents that minimise the objective's form
where those of the constraints are not negative, and rounded to short fractions. Weights come from points that were
found far out, from monomials that some weights make larger than all others (a vertex of the Newton polytope: with the
right signs a proof for problems without constraints), and from a list of small numbers.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ..polynomials import Polynomial
from ..problem import Problem
from .laurent import Curve, Laurent
from .local_search import LocalSearch

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

#: Denominators of the fractions that are tried.
_DENOMINATORS = (1, 2, 12, 100, 10**4, 10**8)
#: Up to this many free variables all small weights are tried, from and below these.
_RANGES = {1: (-2, 4), 2: (-2, 4), 3: (-2, 4), 4: (-1, 3)}
#: A point farther out than this tells weights; one nearer may be where a curve begins.
_FAR = 50.0
#: Random points for each weight, and numbers that are formed for them at most.
_SAMPLES, _ENTRIES = 256, 2_000_000
#: Descents are made where there are no more free variables than this.
_MOST_DESCENDED = 40
#: Leading forms below this, relative to their size, are taken to be zero at a point.
_ZERO = 1e-7


@dataclass(frozen=True, eq=False)
class _Form:
    """A sum of monomials: exponents over the free variables, coefficients divided by the largest, and as they are."""

    rows: Integers
    values: Floats
    exact: list[Fraction]

    @classmethod
    def of(cls, p: Laurent, place: dict[int, int]) -> _Form:
        rows = np.zeros((len(p), len(place)), dtype=np.int64)
        for row, key in zip(rows, p, strict=True):
            for i, k in key:
                row[place[i]] = k
        largest = max(map(abs, p.values()), default=Fraction(1))
        return cls(rows, np.array([float(c / largest) for c in p.values()]), list(p.values()))

    def degree(self, weights: Integers) -> int:
        """Return the largest power of `t` along a curve with these weights."""
        return int((self.rows @ weights).max(initial=0)) if len(self.rows) else 0

    def leading(self, weights: Integers) -> _Form:
        """Return the terms with the largest power."""
        powers = self.rows @ weights
        chosen = np.flatnonzero(powers == powers.max()) if len(powers) else np.zeros(0, dtype=np.intp)
        return _Form(self.rows[chosen], self.values[chosen], [self.exact[k] for k in chosen])

    def at(self, points: Floats) -> Floats:
        """Return the values at rows of points."""
        used = np.flatnonzero(self.rows.any(axis=0))
        powers = points[:, None, used] ** self.rows[:, used].astype(np.float64)
        return np.asarray(np.prod(powers, axis=2) @ self.values)


def candidate_curves(
    objective: Laurent, constraints: Sequence[Laurent], n: int, points: Sequence[Floats], until: float
) -> Iterator[dict[int, Curve]]:
    """Yield curves, likely ones first; variables that occur nowhere stay at zero."""
    used = sorted({i for p in (objective, *constraints) for key in p for i, _ in key})
    place = {i: k for k, i in enumerate(used)}
    forms = [_Form.of(p, place) for p in (objective, *constraints) if p]
    if not used or not objective:
        return
    near = [point[used] for point in points if np.abs(point).max(initial=0.0) <= _FAR][:4]
    far = [point[used] for point in points if np.abs(point).max(initial=0.0) > _FAR]
    still: dict[int, Curve] = {i: {} for i in range(n)}
    directions: dict[tuple[int, ...], _Directions] = {}
    for weights, hint in _weights(forms, far, until):
        if time.perf_counter() > until:
            return
        key = tuple(weights.tolist())
        if forms[0].degree(weights) <= 0 or (key in directions and hint is None):
            continue
        directions[key] = _Directions.of(weights, forms, near, hint)
        for curve in directions[key].curves(directions[key].promising):
            yield still | {i: curve[k] for i, k in place.items()}
    for some in directions.values():
        if time.perf_counter() > until:
            return
        for curve in some.curves(some.descended()):
            yield still | {i: curve[k] for i, k in place.items()}


@dataclass(frozen=True, eq=False)
class _Directions:
    """What is known of the curves with given weights.

    Attributes
    ----------
    weights : (n,) array
    leads : list of _Form
        The leading forms.
    divided : (n,) array of bool
        The variables that occur with negative powers.
    bases : list of (n,) arrays
        Points at which curves may begin.
    promising : list of (n,) arrays
        The `a` at which all leading forms are as they should be, and a hint.
    starts : (3, n) array
        Those that come next to it.
    """

    weights: Integers
    leads: list[_Form]
    divided: NDArray[np.bool_]
    bases: Sequence[Floats]
    promising: list[Floats]
    starts: Floats

    @classmethod
    def of(cls, weights: Integers, forms: Sequence[_Form], near: Sequence[Floats], hint: Floats | None) -> _Directions:
        """Look at signs and random points."""
        leads = [form.leading(weights) for form in forms]
        divided = np.any([(form.rows < 0).any(axis=0) for form in forms], axis=0)
        starts = _samples(weights, leads, near, hint)
        with np.errstate(all="ignore"):
            values = np.array([lead.at(starts) for lead in leads])
            margins = np.minimum(-values[0], values[1:].min(axis=0, initial=np.inf))
        best = np.argsort(-np.where(np.isfinite(margins), margins, -np.inf))[:3]
        promising = [starts[k] for k in best if margins[k] > 0]
        return cls(weights, leads, divided, near, promising + ([] if hint is None else [hint]), starts[best])

    def curves(self, chosen: Sequence[Floats]) -> Iterator[list[Curve]]:
        """Yield curves with the fractions near some `a`, from zero and from the known points."""
        for a in chosen:
            for exact in _rounded(a, self.weights, self.leads):
                if any(c == 0 for c, negative in zip(exact, self.divided, strict=True) if negative):
                    continue
                for base in (np.zeros(len(a)), *self.bases):
                    held = np.where(self.divided | (self.weights <= 0), 0.0, base).tolist()
                    yield [_curve(*each) for each in zip(exact, self.weights.tolist(), held, strict=True)]

    def descended(self) -> list[Floats]:
        """Return where descents of the objective's form end, on a sphere, where those of the constraints allow it."""
        n, moving = len(self.weights), np.flatnonzero(self.weights)
        if n > _MOST_DESCENDED or self.divided.any():
            return []
        names, unit = tuple(f"a{k}" for k in range(n)), np.eye(n, dtype=np.int64)
        objective, *others = (Polynomial.from_terms(lead.rows, lead.values, names) for lead in self.leads)
        squares = np.concatenate([2 * unit[moving], 0 * unit[:1]])
        sphere = Polynomial.from_terms(squares, [*([-1.0] * len(moving)), 1.0], names)
        resting = np.flatnonzero(self.weights == 0)
        rest = [Polynomial.from_terms([2 * unit[k], 0 * unit[k]], [-1.0, 100.0], names) for k in resting]
        found = []
        for margin in (1e-2, 0.0) if others else (0.0,):
            search = LocalSearch(Problem(objective, (*(g - margin for g in others), *rest), (sphere,), names))
            for start in self.starts:
                begin = start.copy()
                begin[moving] /= float(np.linalg.norm(start[moving])) or 1.0
                found.append(search.descend(begin).point)
        signs = (1.0, -1.0) if (self.weights == self.weights[0]).all() else (1.0,)
        return [sign * end for end in found if np.isfinite(end).all() for sign in signs]


def _curve(a: Fraction, weight: int, base: float) -> Curve:
    found: Curve = {weight: a} if a else {}
    if short := Fraction(base).limit_denominator(1000):
        found[0] = short
    return found


def _samples(weights: Integers, leads: Sequence[_Form], near: Sequence[Floats], hint: Floats | None) -> Floats:
    """Return points at which leading forms are evaluated: signs, sizes, and where variables without weight may be."""
    n = len(weights)
    rng = np.random.default_rng(0)
    cost = n * max(len(lead.rows) for lead in leads)
    count = max(8, min(_SAMPLES, _ENTRIES // cost))
    if 2**n <= count // 2:
        signs = np.array(list(product((1.0, -1.0), repeat=n)))
        signs = np.concatenate([signs, rng.choice([1.0, -1.0], (count - len(signs), n))])
    else:
        signs = rng.choice([1.0, -1.0], (count, n))
    sizes = np.where(np.arange(count)[:, None] < min(2**n, count // 2), 1.0, 2.0 ** rng.uniform(-3, 3, (count, n)))
    found = signs * sizes
    resting = weights == 0
    for k, point in enumerate(near):
        found[k :: len(near) + 1, resting] = point[resting]
    sparse = rng.random((count // 4, n)) < 2.0 / n
    found[-len(sparse) :][~sparse & ~resting] *= 1e-3
    return found if hint is None else np.concatenate([hint[None, :], found])


def _rounded(a: Floats, weights: Integers, leads: Sequence[_Form]) -> Iterator[list[Fraction]]:
    """Yield fractions near a point, the largest one: short ones first, then some at which zero forms stay so."""
    moving = weights != 0
    with np.errstate(all="ignore"):
        sizes = np.abs(a[moving]) ** (1.0 / np.abs(weights[moving]))
        rate = float(sizes.max(initial=0.0))
        scaled = np.where(moving, a / rate ** weights.astype(np.float64), a)
    if not np.isfinite(scaled).all():
        return
    before: list[Fraction] | None = None
    for denominator in _DENOMINATORS:
        exact = [Fraction(round(value * denominator), denominator) for value in scaled.tolist()]
        if exact != before:
            yield exact
        before = exact
    kept = _kept_zero(scaled, leads)
    if kept is not None:
        yield kept


def _kept_zero(a: Floats, leads: Sequence[_Form]) -> list[Fraction] | None:
    """Return fractions near a point at which the linear leading forms that are nearly zero there are zero."""
    active = [lead for lead in leads[1:] if _is_linear(lead) and abs(float(lead.at(a[None, :])[0])) <= _ZERO]
    rows = []
    for lead in active:
        row = [Fraction(0)] * len(a)
        for exponents, c in zip(lead.rows, lead.exact, strict=True):
            row[int(exponents.argmax())] += c
        rows.append(row)
    if not rows:
        return None
    found = [Fraction(value).limit_denominator(10**8) for value in a.tolist()]
    pivots: list[tuple[int, list[Fraction]]] = []
    for row in rows:
        for column, known in pivots:
            if row[column]:
                factor = row[column] / known[column]
                row = [c - factor * d for c, d in zip(row, known, strict=True)]
        column = max(range(len(a)), key=lambda k: abs(row[k]))
        if row[column]:
            pivots.append((column, row))
    for column, row in reversed(pivots):
        rest = sum((c * x for k, (c, x) in enumerate(zip(row, found, strict=True)) if k != column), Fraction(0))
        found[column] = -rest / row[column]
    return found


def _is_linear(form: _Form) -> bool:
    return bool(len(form.rows)) and bool((form.rows.sum(axis=1) == 1).all()) and bool((form.rows >= 0).all())


# -- weights -----------------------------------------------------------------------------------------------


def _weights(forms: Sequence[_Form], far: Sequence[Floats], until: float) -> Iterator[tuple[Integers, Floats | None]]:
    """Yield weights, and a point far out on the curve where there is one, with `t` divided out."""
    n = forms[0].rows.shape[1]
    for point in far:
        yield from _seen_far(point)
    yield np.ones(n, dtype=np.int64), None
    for row in np.eye(n, dtype=np.int64):
        yield row, None
    for form in (forms[0],):
        yield from ((w, None) for w in _dominating(form, until))
    if n in _RANGES:
        every = np.array(list(product(range(*_RANGES[n]), repeat=n)), dtype=np.int64)
        order = np.argsort(np.abs(every).sum(axis=1), kind="stable")
        yield from ((w, None) for w in every[order] if math.gcd(*w.tolist()) == 1)
    else:
        unit = np.eye(n, dtype=np.int64)
        yield from (
            (f * unit[i] + g * unit[k], None)
            for f, g in ((1, 1), (1, 2), (2, 1), (1, -1), (2, -1))
            for i, k in product(range(n), repeat=2)
            if i != k
        )


def _seen_far(point: Floats) -> Iterator[tuple[Integers, Floats]]:
    """Yield the weights that the sizes of a point's coordinates suggest, for fractions with small denominators."""
    sizes = np.abs(point)
    largest = float(sizes.max())
    if not 1.0 < largest < np.inf:  # not far out at all
        return
    with np.errstate(divide="ignore"):
        logs = np.log(np.maximum(sizes, 1e-300)) / math.log(largest)
    for denominator in (1, 2, 3, 4):
        weights = np.round(denominator * logs).astype(np.int64)
        weights[sizes <= largest**-2.0] = 0
        if weights.max(initial=0) > 0:
            t = largest ** (1.0 / denominator)
            yield weights // max(1, math.gcd(*weights.tolist())), point / t ** weights.astype(np.float64)


def _dominating(form: _Form, until: float) -> Iterator[Integers]:
    """Yield weights under which one monomial that can be negative is larger than all others.

    They maximise how much larger, among weights of size one; what is found is rounded to small integers.
    """
    from scipy.optimize import linprog

    rows = form.rows
    able = np.flatnonzero((form.values < 0) | (rows % 2 != 0).any(axis=1))
    n = rows.shape[1]
    for k in able[np.argsort(-np.abs(rows[able]).sum(axis=1), kind="stable")][:60]:
        if time.perf_counter() > until:
            return
        others = np.delete(rows, k, axis=0) - rows[k]
        matrix = np.column_stack([np.concatenate([others, -rows[k : k + 1]]), np.ones(len(others) + 1)])
        answer = linprog(
            -np.eye(n + 1)[n],
            A_ub=matrix,
            b_ub=np.zeros(len(matrix)),
            bounds=[*([(-1, 1)] * n), (0, 1)],
            method="highs",
        )
        if answer.x is None or answer.x[n] <= 1e-6:
            continue
        for factor in (1, 2, 3, 4, 6, 12, 60):
            weights = np.round(factor * answer.x[:n] / np.abs(answer.x[:n]).max()).astype(np.int64)
            if (others @ weights < 0).all() and rows[k] @ weights > 0:
                yield weights // math.gcd(*weights.tolist())
                break
