r"""An inequality without mixed terms that follows from one with mixed terms, where even powers outgrow these.

With :math:`z_i = |x_i|^{d_i}`, :math:`w_i = a_i / d_i`, :math:`w_0 = 1 - \sum_i w_i \ge 0` and any
:math:`\beta_i > 0`, the weighted inequality of the means gives

.. math::

    c \prod_i |x_i|^{a_i} \;\le\; \sum_i \beta_i z_i + w_0 K ,
    \qquad K = \Bigl(c \prod_i (w_i / \beta_i)^{w_i}\Bigr)^{1 / w_0} ,

and for :math:`w_0 = 0` the same without `K` where :math:`\rho = c \prod_i (w_i / \beta_i)^{w_i} \le 1`, with
:math:`\rho \beta_i` enough. Where each unbounded variable of a mixed term has a negative leading coefficient of even
degree :math:`d_i`, shares :math:`\beta_i` of these pay for the terms: :math:`x^4 + y^4 - x y \le 1` bounds both
variables.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction

from flint import arb, ctx

from .rounded import sum_above
from .sides import Box, Mixed, Side
from .univariate import float_above

#: What may be taken of a leading coefficient, tried in turn: by terms with `w_0 > 0`, and by those with `w_0 = 0`.
_SHARES = ((0.5, 0.5), (0.1, 0.9), (0.01, 0.99), (0.0, 1.0))


@dataclass(frozen=True)
class _Term:
    """A mixed term: the largest size of what is bounded in it, and the weights of the variables that are not."""

    size: float
    weights: dict[int, Fraction]

    @property
    def rest(self) -> Fraction:
        """The `w_0`."""
        return 1 - sum(self.weights.values(), Fraction(0))


def majorant(side: Side, box: Box) -> Side | None:
    """Return an inequality without mixed terms that follows from one in a box; None where none is found.

    Variables that the box bounds are bounds in the terms; the others must pay.
    """
    if not side.mixed:
        return None
    terms = [_term(term, side, box) for term in side.mixed if term.without(-1, box)[1] > 0]
    leading: dict[int, float] = {}
    for term in terms:
        if term is None or not math.isfinite(term.size) or term.rest < 0:
            return None
        leading |= {i: -side.pure[i][-1][1] for i in term.weights}
    known = [term for term in terms if term is not None]
    if not all(q > 0 for q in leading.values()):
        return None
    for shares in _SHARES:
        found = _reduced(side, known, leading, shares)
        if found is not None:
            return found
    return None


def _term(term: Mixed, side: Side, box: Box) -> _Term | None:
    """Return a term in this form, None where a variable has no leading term of even degree."""
    free = {i: k for i, k in term.powers if not all(map(math.isfinite, box[i]))}
    degrees = {i: len(side.pure.get(i, ())) for i in free}
    if not all(d and d % 2 == 0 for d in degrees.values()):
        return None
    bounded = Mixed(term.coefficient, tuple(pair for pair in term.powers if pair[0] not in free)).without(-1, box)
    size = max(map(abs, bounded)) if free else bounded[1]
    return _Term(size, {i: Fraction(k, degrees[i]) for i, k in free.items()})


def _reduced(side: Side, terms: list[_Term], leading: dict[int, float], shares: tuple[float, float]) -> Side | None:
    """Return the inequality when each variable pays these shares, None where they are not enough."""
    count = {
        (i, face): sum(i in term.weights and (term.rest == 0) == face for term in terms)
        for i in leading
        for face in (False, True)
    }
    constants, taken = [side.constant], {i: [side.pure[i][-1][1]] for i in leading}
    for term in terms:
        face = term.rest == 0
        paid = {i: shares[face] * leading[i] / count[i, face] for i in term.weights}
        if not all(paid.values()):
            return None
        share, constant = _paid(term, paid)
        if share > 1:
            return None
        constants.append(constant)
        for i, amount in paid.items():
            taken[i].append(amount if share == 1 else float_above(arb(share) * amount))
    pure = dict(side.pure)
    for i, amounts in taken.items():
        top = sum_above(amounts)
        if top > 0:
            return None
        pure[i] = (*side.pure[i][:-1], (min(side.pure[i][-1][0], top), top))
    return replace(side, constant=sum_above(constants), pure=pure, mixed=())


def _paid(term: _Term, paid: dict[int, float]) -> tuple[float, float]:
    """Return the share of `paid` that a term needs, more than one where it is not enough, and the constant."""
    with ctx.workprec(100):
        ratio = arb(term.size)
        for i, w in term.weights.items():
            ratio = ratio * (_ball(w) / paid[i]) ** _ball(w)
        if term.rest > 0:
            return 1.0, float_above(_ball(term.rest) * ratio ** _ball(1 / term.rest))
        share = float_above(ratio)
    if share > 1 and _is_enough(term, paid):
        share = 1.0
    return share, 0.0


def _is_enough(term: _Term, paid: dict[int, float]) -> bool:
    r"""Whether :math:`c^D \le \prod_i (\beta_i / w_i)^{D w_i}` in rational numbers, `D` the common denominator."""
    common = math.lcm(*(w.denominator for w in term.weights.values()))
    product = Fraction(1)
    for i, w in term.weights.items():
        product *= (Fraction(paid[i]) / w) ** int(common * w)
    return Fraction(term.size) ** common <= product


def _ball(w: Fraction) -> arb:
    return arb(w.numerator) / w.denominator
