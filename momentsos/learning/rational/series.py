r"""The loss of one hidden layer of rational units on a piece of the denominator's range, as polynomials in balls.

With :math:`\delta = m + r \sigma`, :math:`|\sigma| \le 1`, and :math:`q = \alpha + \beta r \sigma` at an input,
there is :math:`1 / q = \alpha^{-1} \sum_n (-\beta r \sigma / \alpha)^n`, whose terms fall like :math:`3^{-n}`. So the
outputs are :math:`\Phi(\sigma) c` with polynomials in :math:`\Phi`, up to a remainder that is bounded by the next term.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb, arb_mat, arb_poly
from numpy.typing import NDArray

from .activation import RationalActivation

Floats = NDArray[np.float64]

#: Terms of the series: 3^-48 is 1e-23. Bits of the balls.
TERMS, BITS = 48, 192
#: What float sums of positive numbers are multiplied with, to be upper bounds whatever their rounding was.
_UP = 1.01


@dataclass(frozen=True, eq=False)
class Moments:
    r"""The polynomials of :math:`|\Phi c - y|^2 = c^\top G c - 2 h^\top c + T`, divided by the number of residuals.

    Attributes
    ----------
    gram : list of lists of arb_poly
    inner : list of arb_poly
    square : arb
    defect : float
        The Frobenius norm of what the remainders add to the matrix of all three is at most this.
    """

    gram: list[list[arb_poly]]
    inner: list[arb_poly]
    square: arb
    defect: float


@dataclass(frozen=True, eq=False)
class Layer:
    """Inputs of the units, the weights behind them, and targets, as balls and as floats."""

    activation: RationalActivation
    inner: arb_mat
    weights: arb_mat
    targets: arb_mat
    inputs: Floats
    floats: Floats
    wanted: Floats

    @classmethod
    def of(
        cls,
        activation: RationalActivation,
        weights: tuple[Floats, Floats],
        biases: tuple[Floats, Floats],
        X: Floats,
        Y: Floats,
    ) -> Layer:
        """Return a layer; biases of the outputs are taken off the targets."""
        ones = np.ones((len(X), 1))
        inner = _balls(np.hstack([X, ones])) * _balls(np.column_stack([weights[0], biases[0]]).T)
        targets = _balls(np.hstack([Y, -ones])) * _balls(np.vstack([np.eye(Y.shape[1]), biases[1]]))
        return cls(
            activation,
            inner,
            _balls(weights[1].T),
            targets,
            X @ weights[0].T + biases[0],
            weights[1],
            Y - biases[1],
        )

    def design(self, delta: float) -> Floats:
        """Return the matrix that takes the numerator's coefficients to all outputs, in floats; columns are powers."""
        found = np.einsum("iuk,ju->ijk", self.activation.elements(self.inputs, delta), self.floats)
        return np.asarray(found.reshape(-1, found.shape[2]))

    def loss(self, coefficients: Floats, delta: float) -> float:
        """Return the mean squared residual, rounded up."""
        power = [arb(float(c)) for c in coefficients]
        rows, units = self.inner.nrows(), self.inner.ncols()
        values: list[list[arb]] = []
        for i in range(rows):
            values.append([])
            for u in range(units):
                t = self.inner[i, u]
                top = arb(0)
                for c in reversed(power):
                    top = top * t + c
                below = t * t + arb(delta) if self.activation.is_cauchy else 1 + arb(delta) * t * t
                values[-1].append(top / below)
        left = arb_mat(values) * self.weights - self.targets
        total = sum((v * v for v in left.entries()), arb(0)) / (rows * left.ncols())
        return _above(total)

    def moments(self, low: float, high: float) -> Moments:
        """Return the polynomials on a piece of the range."""
        middle, radius = (arb(low) + arb(high)) / 2, (arb(high) - arb(low)) / 2
        size, samples, outputs = self.activation.degree + 1, self.inner.nrows(), self.weights.ncols()
        tables = [[[arb(0)] * TERMS for _ in range(samples * outputs)] for _ in range(size)]
        lead, ratio = self._expanded(middle, radius)
        largest = max(abs(float(x.abs_upper())) for x in ratio.entries())
        heights, tails = [], []
        for k in range(size):
            term = [[lead[i, u] * self.inner[i, u] ** k for u in range(lead.ncols())] for i in range(samples)]
            sizes = np.array([[float(v.abs_upper()) for v in row] for row in term]) @ np.abs(self.floats.T) * _UP
            heights.append(sizes.reshape(-1) / (1.0 - largest) * _UP)
            tails.append(sizes.reshape(-1) * (largest**TERMS / (1.0 - largest)) * _UP)
            for n in range(TERMS):
                found = arb_mat(term) * self.weights
                for i in range(samples):
                    for j in range(outputs):
                        tables[k][i * outputs + j][n] = found[i, j]
                if n + 1 < TERMS:
                    term = [[v * ratio[i, u] for u, v in enumerate(row)] for i, row in enumerate(term)]
        return self._summed([arb_mat(table) for table in tables], heights, tails)

    def _expanded(self, middle: Any, radius: Any) -> tuple[arb_mat, arb_mat]:
        """Return one over the denominators in the middle, and the ratios of the terms of their series."""
        lead, ratio = [], []
        for row in self.inner.tolist():
            squares = [t * t for t in row]
            if self.activation.is_cauchy:
                alpha, beta = [s + middle for s in squares], [arb(1)] * len(row)
            else:
                alpha, beta = [1 + middle * s for s in squares], squares
            lead.append([1 / a for a in alpha])
            ratio.append([-b * radius / a for a, b in zip(alpha, beta, strict=True)])
        return arb_mat(lead), arb_mat(ratio)

    def _summed(self, tables: list[arb_mat], heights: list[Floats], tails: list[Floats]) -> Moments:
        size, count = len(tables), tables[0].nrows()
        wanted = arb_mat(count, 1, self.targets.entries())
        gram = [[arb_poly([])] * size for _ in range(size)]
        inner, defect = [], 0.0
        for k in range(size):
            turned = tables[k].transpose()
            for m in range(k, size):
                gram[k][m] = gram[m][k] = arb_poly(_antidiagonals(turned * tables[m], count))
                crossed = heights[k] @ tails[m] + tails[k] @ heights[m] + tails[k] @ tails[m]
                defect += (1 if m == k else 2) * float(crossed)
            found = turned * wanted
            inner.append(arb_poly([found[n, 0] / count for n in range(TERMS)]))
            defect += 2.0 * float(np.abs(self.wanted).reshape(-1) @ tails[k]) * _UP
        square = sum((v * v for v in wanted.entries()), arb(0)) / count
        return Moments(gram, inner, square, defect / count * _UP)


def _antidiagonals(products: arb_mat, count: int) -> list[Any]:
    found = [arb(0)] * (2 * TERMS - 1)
    for i in range(TERMS):
        for j in range(TERMS):
            found[i + j] += products[i, j]
    return [v / count for v in found]


def _balls(array: Floats) -> arb_mat:
    return arb_mat([[arb(float(v)) for v in row] for row in array])


def _above(value: arb) -> float:
    """Return a float that is not below a ball."""
    found = float(value.upper())
    return found if arb(found) >= value else float(np.nextafter(found, np.inf))
