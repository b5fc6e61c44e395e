"""Training problems: networks, data, and losses in rational arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

LOSSES = ("mse", "mean_residual", "max_abs", "mae")

Matrix = Sequence[Sequence[float]]


@dataclass(frozen=True)
class Training:
    """The coefficients of a network are to be learned; what others reach is known.

    Attributes
    ----------
    weights, biases : lists of matrices, of vectors or None
    degrees : list of int
    inputs, targets : lists of rows
    loss : str
    known : tuple of lists of coefficients
        Ordinary coefficients, found without momentsos: no lower bound may lie above the loss there.
    """

    weights: Sequence[Matrix]
    degrees: Sequence[int]
    inputs: Matrix
    targets: Matrix
    loss: str
    biases: Sequence[Sequence[float]] | None = None
    known: tuple[Sequence[Sequence[float]], ...] = ()

    def outputs(self, coefficients: Sequence[Sequence[float]]) -> list[list[Fraction]]:
        """Return the outputs for all samples, exactly."""
        found = []
        for row in self.inputs:
            values = [Fraction(v) for v in row]
            for layer, own in enumerate(coefficients):
                values = [_polynomial(own, v) for v in self._through(layer, values)]
            found.append(self._through(len(self.weights) - 1, values))
        return found

    def _through(self, layer: int, values: Sequence[Fraction]) -> list[Fraction]:
        biases = self.biases[layer] if self.biases is not None else [0.0] * len(self.weights[layer])
        rows = zip(self.weights[layer], biases, strict=True)
        return [sum((Fraction(w) * v for w, v in zip(row, values, strict=True)), start=Fraction(b)) for row, b in rows]

    def value(self, coefficients: Sequence[Sequence[float]], divided: bool) -> Fraction:
        """Return the loss at coefficients; `divided` says whether the squared one is a mean over the outputs too."""
        pairs = zip(self.outputs(coefficients), self.targets, strict=True)
        return self._norm([[p - Fraction(t) for p, t in zip(*pair, strict=True)] for pair in pairs], divided)

    def size(self, divided: bool) -> Fraction:
        """Return the loss of the targets themselves, 1 where that is zero: what gaps are relative to, times 1e-8."""
        return self._norm([[Fraction(t) for t in row] for row in self.targets], divided) or Fraction(1)

    def _norm(self, residuals: list[list[Fraction]], divided: bool) -> Fraction:
        count, width = len(residuals), len(residuals[0])
        every = [abs(r) for row in residuals for r in row]
        if self.loss == "mse":
            return sum(r * r for r in every) / (count * width if divided else count)
        if self.loss == "mae":
            return sum(every) / (count * width)
        if self.loss == "max_abs":
            return max(every)
        return max(abs(sum(column)) / count for column in zip(*residuals, strict=True))


def _polynomial(coefficients: Sequence[float], at: Fraction) -> Fraction:
    value = Fraction(0)
    for c in reversed(coefficients):
        value = value * at + Fraction(c)
    return value
