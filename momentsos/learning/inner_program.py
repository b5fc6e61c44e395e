r"""The linear program of a box: a lower bound of a loss of residuals, and of coefficients whose loss is below a height.

It is the dual of the best combination in `inner_forms`. With :math:`m_\beta` in place of the Bernstein polynomials and
:math:`V_{\beta q}` of their products with the last layer,

.. math:: \min \|W r(m, V)\| \quad\text{over}\quad m \ge 0,\ \sum_\beta m_\beta = 1,\
    m_\beta l_q \le V_{\beta q} \le m_\beta h_q,

and with users' limits. Whatever multipliers come back, the bound is that of the combination that they make.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..branching.program import LinearProgram, Outcome
from ..branching.safe import Rows
from .inner_forms import CoefficientBox, InnerForms
from .losses.norms import AbsoluteNorm, Bounds

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Reduction:
    """What one program sees of the residuals.

    Attributes
    ----------
    norm : AbsoluteNorm
    rows, sizes : (parts, terms) arrays
        Sums of residuals, and sums of the absolute values that they were added up from.
    limits : (r, n + 1) array
        As `Unknowns.inequalities`.
    """

    norm: AbsoluteNorm
    rows: Floats
    sizes: Floats
    limits: Floats


class BoxProgram:
    """The program of one box, with a way to ask for several bounds.

    Parameters
    ----------
    forms : InnerForms
    box : CoefficientBox
    reduction : Reduction
    height : float
        The loss that is of interest at most.
    """

    def __init__(self, forms: InnerForms, box: CoefficientBox, reduction: Reduction, height: float) -> None:
        self._forms, self._box, self._reduction, self._height = forms, box, reduction, height
        self._values = np.concatenate([forms.combined(reduction.rows), forms.affine(reduction.limits)])
        self._sizes = np.concatenate([forms.combined(reduction.sizes), forms.affine(np.abs(reduction.limits))])
        self._basis = forms.bernstein(box.low, box.high)[0]
        self._program = LinearProgram()
        self._load()

    def _load(self) -> None:
        box, parts, ranges = self._box, len(self._reduction.rows), self._box.most - self._box.least
        points, n, q = len(self._basis), len(box.low), len(box.least)
        at = np.einsum("bk,rkq->rbq", self._basis, self._values)
        own = len(self._reduction.norm.bounds.names(parts))
        self._first = points * (1 + q)  # here the unknowns begin, behind them the bounds of the parts
        width = self._first + n + q + own
        forms = np.zeros((len(at), width))
        forms[:, :points] = at[:, :, 0] + at[:, :, 1:] @ box.least
        forms[:, points : self._first] = (at[:, :, 1:] * ranges).reshape(len(at), -1)
        forms /= self._scales[:, None]
        every = np.arange(parts)
        bounds = np.zeros((parts, width))
        bounds[every, self._first + n + q + (every if self._reduction.norm.bounds is Bounds.EACH else 0)] = 1.0
        whole = np.zeros((1, width))
        whole[0, :points] = 1.0
        unknowns = np.zeros((n + q, width))
        unknowns[:, self._first : self._first + n + q] = -np.eye(n + q)
        wide = np.where(box.high > box.low, box.high - box.low, 1.0)
        unknowns[:n, :points] = ((self._basis[:, 1 : 1 + n] - box.low) / wide).T
        products = np.zeros((points * q, width))
        products[:, points : self._first] = -np.eye(points * q)
        for k in range(q):
            unknowns[n + k, points + k : self._first : q] = 1.0
            products[np.arange(points) * q + k, np.arange(points)] = 1.0
        most = np.zeros((1, width))
        most[0, self._first + n + q :] = -1.0
        coefficients = np.vstack([bounds + forms[:parts], bounds - forms[:parts], forms[parts:], most])
        coefficients = np.vstack([coefficients, products, whole, unknowns])
        constants = np.zeros(len(coefficients))
        self._cap = 2 * parts + len(forms) - parts
        constants[self._cap], constants[self._cap + 1 + len(products)] = 1.0, -1.0
        equal = np.arange(len(coefficients)) >= self._cap + 1 + len(products)
        left = np.arange(len(coefficients)) != self._cap
        self._uncapped = Rows(coefficients[left], constants[left], equal[left], np.zeros(0))
        self._capped = Rows(coefficients, constants, equal, np.zeros(0))
        self._cost = np.zeros(width)
        self._cost[self._first + n + q :] = 1.0

    @property
    def _scales(self) -> Floats:
        """What rows are divided by: the height for residuals, one for limits."""
        parts = len(self._reduction.rows)
        return np.concatenate([np.full(parts, self._height), np.ones(len(self._values) - parts)])

    def loss(self, seconds: float) -> tuple[float, Floats] | None:
        """Return a lower bound of the loss on the box, and the point of the program; None without an answer."""
        self._program.load(self._cost, self._uncapped, *self._sides)
        if self._program.run(seconds) is not Outcome.OPTIMAL:
            return None
        multipliers = np.insert(self._program.multipliers, self._cap, 0.0)
        return self._height * self._combined(multipliers, 1.0, None), self._point()

    def tightened(self, seconds: float) -> CoefficientBox:
        """Return the box of what has a loss of at most the height; unchanged where nothing is gained."""
        n, q = len(self._box.low), len(self._box.least)
        low, high = np.append(self._box.low, self._box.least), np.append(self._box.high, self._box.most)
        found = np.stack([low, high])
        self._program.load(np.zeros(len(self._cost)), self._capped, *self._sides)
        for k in range(n + q):
            if not high[k] > low[k]:
                continue
            for side, sign in enumerate((1.0, -1.0)):
                self._program.price(self._first + k, sign)
                if self._program.run(seconds) is Outcome.OPTIMAL:
                    share = sign * self._combined(self._program.multipliers, None, (k, sign))
                    end = np.nextafter(low[k] + share * (high[k] - low[k]), -sign * np.inf)
                    found[side, k] = max(low[k], end) if sign > 0 else min(high[k], end)
            self._program.price(self._first + k, 0.0)
        if not (found[0] <= found[1]).all():
            return self._box
        return CoefficientBox(found[0, :n], found[1, :n], found[0, n:], found[1, n:])

    @property
    def _sides(self) -> tuple[Floats, Floats]:
        low, high = np.zeros(len(self._cost)), np.ones(len(self._cost))
        high[self._first + len(self._box.low) + len(self._box.least) :] = np.inf
        return low, high

    def _point(self) -> Floats:
        """Return the unknowns, inner ones first."""
        n, q = len(self._box.low), len(self._box.least)
        share = self._program.point[self._first : self._first + n + q]
        low, high = np.append(self._box.low, self._box.least), np.append(self._box.high, self._box.most)
        return np.asarray(low + share * (high - low))

    def _combined(self, multipliers: Floats, weight: float | None, unknown: tuple[int, float] | None) -> float:
        """Return the bound that multipliers prove: of the loss by the height, or of an unknown's share of its range."""
        parts, (n, q) = len(self._reduction.rows), (len(self._box.low), len(self._box.least))
        p = multipliers[parts : 2 * parts] - multipliers[:parts]
        y = np.maximum(0.0, multipliers[2 * parts : self._cap])
        size = float(np.abs(p).max(initial=0.0) if self._reduction.norm.bounds is Bounds.EACH else np.abs(p).sum())
        if weight is None:
            weight = size * (1.0 + 1e-12)
        else:
            p = p / max(1.0, size * (1.0 + 1e-12))
        factors = np.concatenate([p, -y]) / self._scales
        values = np.tensordot(factors, self._values, 1)
        sizes = np.tensordot(np.abs(factors), self._sizes, 1)
        if unknown is not None:
            k, sign = unknown
            low, high = np.append(self._box.low, self._box.least), np.append(self._box.high, self._box.most)
            row = np.zeros((1, n + q + 1))
            order = np.append(self._forms.inner, self._forms.last)
            row[0, order[k]], row[0, -1] = sign / (high[k] - low[k]), -sign * low[k] / (high[k] - low[k])
            form = self._forms.affine(row)[0]
            values, sizes = values + form, sizes + np.abs(form)
        found = self._box.lowest(self._forms, values, sizes)
        return found if unknown is None else found - weight * (1.0 + 1e-12)
