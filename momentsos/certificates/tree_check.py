"""Check the certificate of a tree of boxes in exact arithmetic, with the standard library alone.

It claims: every x with g_j(x) >= 0 and h_l(x) = 0 has f(x) >= bound, or that there is no such x. With x = s + w t and
all w nonzero assume a feasible t with f < bound (or any feasible t). Every node has a box that contains it: intervals
of the lifted variables v_1, ..., v_N, monomials in t of which the first are the t_i and each further one is a product
of two before it, and of products of two of them. A sum P of rows with multipliers is nonnegative there. Rows are

    kind 0: a product of two factors: v_k - low_k (number k), high_k - v_k (N + k), g_j (2 N + j), 1 (2 N + J),
            bound - f (2 N + J + 1), with a multiplier that is not negative
    kind 1: h_l times v_k (number k + 1), or times 1 (number 0), with any multiplier
    kind 2: the square of an affine form in the v_k, with a multiplier that is not negative

A step shrinks intervals to what P >= 0 says of a monomial while the others are in theirs (terms but one are replaced by
their suprema), or, without rows, to what products say: of a factor from product and other factor, of a lifted
variable from its own factors. A node is closed where P < 0 on its box, or P <= 0 and P holds bound - f. It is split at
a value of a lifted variable, or by an equality c (v_i - a)(v_j - b) = 0; its children follow it, each with all that is
below. At the root nothing is known: so a bound of every x is proved in which no box was assumed.
"""

import math
import time
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from .format import need, read, sense_of
from .tree_format import FORMAT, MAXIMIZED, NAME, OWN, VERSION
from .verify import common, monomials, value_near

Exponents = tuple[int, ...]
Poly = dict[Exponents, Fraction]
Interval = tuple[Fraction | None, Fraction | None]
MAX_VARIABLES, MAX_LIFTED, MAX_DEGREE, MAX_TERMS, MAX_DEPTH = 200, 300, 60, 100_000, 900
FREE: Interval = (None, None)


def check_tree(document: Any, seconds: float) -> tuple[Fraction | None, Fraction | None]:
    """Return the bound, None where there is no feasible point, and the value at the feasible point, if there is one.

    A ValueError at any defect.
    """
    until = time.monotonic() + seconds
    content, (sense, sign) = read_tree(document, until), sense_of(document)
    need((content["format"], content["version"]) == (NAME, VERSION), "unknown format or version")
    problem, n = content["problem"], len(content["problem"]["variables"])
    need(0 < n <= MAX_VARIABLES and len(set(problem["variables"])) == n, "wrong number or names of variables")
    listed = [[(sign * c, row) for c, row in problem[sense]], *problem["inequalities"], *problem["equalities"]]
    fgh = [common(monomials([row for _, row in p], n), [c for c, _ in p]) for p in listed]  # checks the rows
    shift, width = content["frame"]["shift"], content["frame"]["width"]
    need(len(shift) == len(width) == n and all(width), "the frame does not fit")
    need(len(content["bound"]) <= 1, "more than one bound")
    bound = sign * content["bound"][0] if content["bound"] else None
    split = 1 + len(problem["inequalities"])
    framed = [framed_terms(p, shift, width, until) for p in listed]
    proof = Proof(n, framed[0], framed[1:split], framed[split:], bound, until)
    proof.lift(content["lifted"])
    proof.forms = [proof.form(form) for form in content["forms"]]
    proof.walk(content["nodes"])
    point = content["point"]
    need(len(point) == n or not point + content["directions"], "the point has a wrong length")
    need(bound is not None or not point, "a feasible point of a problem that has none")
    value = sign * value_near(point, content["directions"], fgh, split, until) if point else None
    return None if bound is None else sign * bound, value


def read_tree(document: Any, until: float = math.inf) -> Any:
    """Return a document with its numbers as fractions; see `momentsos.certificates.format.read`."""
    return read(document, FORMAT if sense_of(document)[1] > 0 else MAXIMIZED, until=until)


def framed_terms(p: list[Any], shift: list[Fraction], width: list[Fraction], until: float) -> Poly:
    """Return a polynomial in the variables of the frame."""
    found: Poly = {}
    for c, row in p:
        need(time.monotonic() < until, "the time limit was reached")
        parts: Poly = {(0,) * len(row): c}
        for i, k in enumerate(row):
            if not k:
                continue
            need(k <= MAX_DEGREE, "an exponent is too large")
            s, w = shift[i], width[i]
            power = [(j, math.comb(k, j) * s ** (k - j) * w**j) for j in range(k + 1)] if s else [(k, w**k)]
            parts = {(*e[:i], j, *e[i + 1 :]): v * share for e, v in parts.items() for j, share in power if share}
            need(len(parts) < MAX_TERMS, "a polynomial has too many terms")
        for e, v in parts.items():
            found[e] = found.get(e, Fraction(0)) + v
    return {e: v for e, v in found.items() if v}


@dataclass
class Box:
    """Intervals of lifted variables, and of other monomials where something is known of them."""

    lifted: list[Interval]
    others: dict[Exponents, Interval]

    def copy(self) -> "Box":
        """Return a box that can be shrunk apart from this one."""
        return Box(list(self.lifted), dict(self.others))


@dataclass
class Proof:
    """The proof while it is being read."""

    n: int
    f: Poly
    g: list[Poly]
    h: list[Poly]
    bound: Fraction | None
    until: float
    pairs: list[tuple[int, int]] = field(default_factory=list)
    v: list[Exponents] = field(default_factory=list)
    forms: list[Poly] = field(default_factory=list)
    pair_of: dict[Exponents, tuple[int, int]] = field(default_factory=dict)
    number: dict[Exponents, int] = field(default_factory=dict)

    def lift(self, pairs: list[Any]) -> None:
        """Name the lifted variables."""
        self.v = [tuple(int(i == k) for i in range(self.n)) for k in range(self.n)]
        self.one: Exponents = (0,) * self.n
        for i, j in pairs:
            need(max(i, j) < len(self.v), "a lifted variable is a product of unknown ones")
            self.v.append(plus(self.v[i], self.v[j]))
            self.pairs.append((i, j))
        need(len(self.v) <= MAX_LIFTED and len(set(self.v)) == len(self.v), "too many lifted variables, or one twice")
        self.number = {e: k for k, e in enumerate(self.v)}
        for i, a in enumerate(self.v):
            for j in range(i, len(self.v)):
                self.pair_of.setdefault(plus(a, self.v[j]), (i, j))

    def form(self, terms: list[Any]) -> Poly:
        """Return an affine form: pairs of a number of a lifted variable, plus one, and a coefficient."""
        found: Poly = {}
        for k, c in terms:
            need(k <= len(self.v), "a form has an unknown variable")
            e = self.v[k - 1] if k else self.one
            need(e not in found, "a form has a variable twice")
            found[e] = c
        return found

    # -- the tree ------------------------------------------------------------------------------------------

    def walk(self, nodes: list[Any]) -> None:
        """Check all nodes: each is followed by its children."""
        waiting = [Box([FREE] * len(self.v), {})]
        for place, node in enumerate(nodes):
            need(waiting, "there are more nodes than the tree has")
            need(len(waiting) <= MAX_DEPTH, "the tree is too deep")
            waiting += self.children(waiting.pop(), node, f"node {place}")
        need(not waiting, "a node is missing: the leaves do not cover the root")

    def children(self, box: Box, node: Any, where: str) -> list[Box]:
        """Return the boxes of the children of a node, the first one last; none where it is closed."""
        made = box.copy()
        for number, step in enumerate(node["steps"]):
            made = box.copy() if step["fresh"] else made
            self.take(box, made, step, f"{where}, step {number}")
        if not node["split"]["variables"]:
            made = box if node["fresh"] else made
            need(not node["split"]["values"] + node["split"]["equality"], f"{where}: a split of nothing")
            self.close(box, made, node["rows"], where)
            return []
        need(not node["rows"], f"{where}: rows and a split")
        return self.split(box, node["split"], where)[::-1]

    def take(self, box: Box, made: Box, step: Any, where: str) -> None:
        """Shrink a box by a step; rows are made on the box `made`."""
        if not step["rows"]:
            for i, j, upper, value, other in step["bounds"]:
                need(i == 0 < j <= len(self.v), f"{where}: expected a bound of a lifted variable")
                need(self.of_products(box, j - 1, upper, value, other), f"{where}: a bound does not follow")
                self.shrink(box, self.v[j - 1], upper, value)
            return
        p = self.total(made, step["rows"], where)[0]
        known = {e: c * end if end is not None else None for e, c in p.items() for end in [self.end(box, e, c > 0)]}
        finite = sum((value for value in known.values() if value is not None), Fraction(0))
        infinite = sum(value is None for value in known.values())
        news = []
        for i, j, upper, value, _ in step["bounds"]:
            need(max(i, j) <= len(self.v) and j > 0, f"{where}: a bound of an unknown monomial")
            e = plus(self.v[i - 1] if i else self.one, self.v[j - 1])
            c = p.get(e, Fraction(0))
            need(c and (c < 0) == bool(upper), f"{where}: the rows do not bound the monomial from there")
            own = known[e]
            need(infinite == (own is None), f"{where}: the rest of the rows is not bounded")
            rest = finite - (own or 0)
            need(value * c <= -rest if c > 0 else value * -c >= rest, f"{where}: a bound does not follow")
            news.append((e, upper, value))
        for e, upper, value in news:
            self.shrink(box, e, upper, value)

    def close(self, box: Box, made: Box, rows: list[Any], where: str) -> None:
        """Check that no point is left in a box."""
        if not rows:
            every = [*box.lifted, *(self.interval(box, e) for e in box.others)]
            empty = any(low is not None and high is not None and low > high for low, high in every)
            need(empty, f"{where}: it is not closed")
            return
        p, strict = self.total(made, rows, where)
        ends = [(c, self.end(box, e, c > 0)) for e, c in p.items()]
        need(all(end is not None for _, end in ends), f"{where}: it is not closed, its rows are not bounded")
        most = sum((c * end for c, end in ends if end is not None), Fraction(0))
        need(most < 0 or (strict and most == 0), f"{where}: it is not closed")

    def split(self, box: Box, split: Any, where: str) -> list[Box]:
        """Return the boxes of two children that cover all points that matter of a box."""
        variables, values, first, second = split["variables"], split["values"], box.copy(), box.copy()
        need(max(variables) < len(self.v), f"{where}: a split at an unknown variable")
        if not split["equality"]:
            need(len(variables) == 1 and len(values) == 1, f"{where}: a wrong split")
            self.shrink(first, self.v[variables[0]], 1, values[0])
            self.shrink(second, self.v[variables[0]], 0, values[0])
            return [first, second]
        need(len(variables) == 2 and len(values) == 6 and len(split["equality"]) == 1, f"{where}: a wrong split")
        need(split["equality"][0] < len(self.h), f"{where}: an unknown equality")
        h, (a, b, *ends) = self.h[split["equality"][0]], values
        u, w = self.v[variables[0]], self.v[variables[1]]
        c = h.get(plus(u, w), Fraction(0))
        product = total([({plus(u, w): c}), {u: -c * b}, {w: -c * a}, {self.one: c * a * b}])
        need(c and h == product, f"{where}: the equality is no product of two factors")
        need(ends[0] <= a <= ends[1] and ends[2] <= b <= ends[3], f"{where}: a zero is not in its interval")
        for box, e, (low, high) in ((first, u, ends[:2]), (second, w, ends[2:])):
            self.shrink(box, e, 0, low)
            self.shrink(box, e, 1, high)
        return [first, second]

    # -- rows ----------------------------------------------------------------------------------------------

    def total(self, box: Box, rows: list[Any], where: str) -> tuple[Poly, bool]:
        """Return the sum of rows with their multipliers, and whether it holds the cut."""
        need(time.monotonic() < self.until, "the time limit was reached")
        parts, strict = [], False
        cut = 2 * len(self.v) + len(self.g) + 1
        for kind, a, b, y in rows:
            need(y > 0 or kind == 1, f"{where}: a multiplier is not positive")
            if kind == 0:
                parts.append(times(self.factor(box, a, where), self.factor(box, b, where), y))
                strict = strict or {a, b} == {cut - 1, cut}
            elif kind == 1:
                need(a < len(self.h) and b <= len(self.v), f"{where}: an unknown equality or variable")
                parts.append(times(self.h[a], {self.v[b - 1] if b else self.one: Fraction(1)}, y))
            else:
                need(kind == 2 and a < len(self.forms) and b == 0, f"{where}: an unknown row")
                parts.append(times(self.forms[a], self.forms[a], y))
        return total(parts), strict

    def factor(self, box: Box, number: int, where: str) -> Poly:
        """Return a factor that is not negative."""
        size = len(self.v)
        if number < 2 * size:
            k, upper = number % size, number >= size
            end = box.lifted[k][upper]
            need(end is not None, f"{where}: a factor of a variable that has no such bound")
            assert end is not None
            return {self.v[k]: Fraction(-1 if upper else 1), self.one: end if upper else -end}
        number -= 2 * size
        if number < len(self.g):
            return self.g[number]
        if number == len(self.g):
            return {self.one: Fraction(1)}
        need(number == len(self.g) + 1 and self.bound is not None, f"{where}: an unknown factor")
        assert self.bound is not None
        return total([{self.one: self.bound}, {e: -c for e, c in self.f.items()}])

    # -- intervals -----------------------------------------------------------------------------------------

    def end(self, box: Box, e: Exponents, upper: bool) -> Fraction | None:
        """Return an end of the interval of a monomial, None where it is infinite."""
        return self.interval(box, e)[upper]

    def interval(self, box: Box, e: Exponents) -> Interval:
        """Return the interval of a monomial: of a lifted variable its own, else also that of its two factors."""
        if e == self.one:
            return Fraction(1), Fraction(1)
        if e in self.number:
            return box.lifted[self.number[e]]
        need(e in self.pair_of, "a monomial is no product of two lifted variables")
        i, j = self.pair_of[e]
        low, high = product(box.lifted[i], box.lifted[j], i == j)
        own = box.others.get(e, FREE)
        return highest(low, own[0]), lowest(high, own[1])

    def shrink(self, box: Box, e: Exponents, upper: int, value: Fraction) -> None:
        """Take a bound over."""
        old = box.lifted[self.number[e]] if e in self.number else box.others.get(e, FREE)
        new = (old[0], lowest(old[1], value)) if upper else (highest(old[0], value), old[1])
        if e in self.number:
            box.lifted[self.number[e]] = new
        else:
            box.others[e] = new

    def of_products(self, box: Box, i: int, upper: int, value: Fraction, other: int) -> bool:
        """Whether products say that a lifted variable is at most (at least) a value."""
        if other == OWN:
            if i < self.n:
                return False
            a, b = self.pairs[i - self.n]
            end = product(box.lifted[a], box.lifted[b], a == b)[bool(upper)]
            return end is not None and (value >= end if upper else value <= end)
        if other >= len(self.v):
            return False
        low, high = self.interval(box, plus(self.v[i], self.v[other]))
        if other == i:
            return high is not None and (value >= 0 if upper else value <= 0) and value * value >= high
        a_, b_ = box.lifted[other]
        positive, negative = a_ is not None and a_ > 0, b_ is not None and b_ < 0
        if not (positive or negative):
            return False
        # v_i q = X: v_i <= value follows where X <= value q for all q > 0, or X >= value q for all q < 0
        least, most = product((value, value), (a_, b_), False)
        if bool(upper) == positive:
            return high is not None and least is not None and high <= least
        return low is not None and most is not None and low >= most


def product(a: Interval, b: Interval, same: bool) -> Interval:
    """Return the interval of products."""
    if same:
        ends = [None if end is None else end * end for end in a]
        if a[0] is not None and a[0] > 0:
            return ends[0], ends[1]
        if a[1] is not None and a[1] < 0:
            return ends[1], ends[0]
        return Fraction(0), None if ends[0] is None or ends[1] is None else max(ends[0], ends[1])
    # an infinite end times zero is zero, times anything else infinite
    found = [_times(x, y, xs, ys) for x, xs in zip(a, (-1, 1), strict=True) for y, ys in zip(b, (-1, 1), strict=True)]
    finite = [value for sign, value in found if not sign]
    low = None if any(sign < 0 for sign, _ in found) else min(finite, default=None)
    high = None if any(sign > 0 for sign, _ in found) else max(finite, default=None)
    return low, high


def _times(x: Fraction | None, y: Fraction | None, xs: int, ys: int) -> tuple[int, Fraction]:
    """Return a product of ends, and the sign of its infinity, zero for none."""
    if x is not None and y is not None:
        return 0, x * y
    sign = (xs if x is None else (x > 0) - (x < 0)) * (ys if y is None else (y > 0) - (y < 0))
    return sign, Fraction(0)


def highest(a: Fraction | None, b: Fraction | None) -> Fraction | None:
    """Return the larger one of two lower ends."""
    return b if a is None else a if b is None else max(a, b)


def lowest(a: Fraction | None, b: Fraction | None) -> Fraction | None:
    """Return the smaller one of two upper ends."""
    return b if a is None else a if b is None else min(a, b)


def plus(a: Exponents, b: Exponents) -> Exponents:
    """Return the exponents of a product."""
    return tuple(map(int.__add__, a, b))


def times(p: Poly, q: Poly, y: Fraction) -> Poly:
    """Return a multiple of a product."""
    found: Poly = {}
    for e, a in p.items():
        for d, b in q.items():
            key = plus(e, d)
            found[key] = found.get(key, 0) + y * a * b
    need(len(found) < MAX_TERMS, "a polynomial has too many terms")
    return found


def total(parts: list[Poly]) -> Poly:
    """Return a sum, without zeros."""
    found: Poly = {}
    for part in parts:
        for e, c in part.items():
            found[e] = found.get(e, Fraction(0)) + c
    return {e: c for e, c in found.items() if c}
