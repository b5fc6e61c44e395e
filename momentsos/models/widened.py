r"""Residuals that keep polynomials near their activations on a grid wider than the inputs seen in training.

For each activation that is learned, :math:`\rho\, \overline{y^2} / L \cdot \operatorname{mean}_g (p(t_g) - f(t_g))^2 /
\overline{f^2}` is added to the loss, over the grid :math:`t_g`, with :math:`L` activations: squares of affine
functions of the coefficients, so that the loss stays a sum of squares. Nothing less keeps outputs in bounds at inputs
twice as large as those of the training data: there the highest powers alone decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..polynomials.factored import Factor
from .baselines import Inputs
from .factor import Reduced
from .model import Model
from .search import searched

Floats = NDArray[np.float64]

#: By how much of the range of the inputs the grid goes beyond it on either side, and its points.
BEYOND, POINTS = 0.5, 41
#: Weights that are tried.
WEIGHTS = (1e-4, 1e-3, 1e-2, 1e-1)
#: The loss of folds left out, over that of the others, from which weights are tried at all.
_SUSPECT = 1.5
#: What a weight has to save of the loss of folds left out.
_WORTH = 0.05


@dataclass(frozen=True, eq=False)
class Grid:
    """Residuals that are affine in the unknowns.

    Attributes
    ----------
    slopes : (rows, n) array
    targets : (rows,) array
    """

    slopes: Floats
    targets: Floats

    def beside(self, factor: Factor, weight: float) -> Factor:
        """Return a sum of squares with these residuals added, times the root of a weight."""
        if weight == 0.0:
            return factor
        n, terms = len(factor.variables), factor.matrix.shape[1] - 1
        own = np.sqrt(weight) * np.asarray(np.linalg.qr(np.column_stack([self.slopes, self.targets]), mode="r"))
        rows = np.concatenate([factor.exponents, np.eye(n, dtype=np.int64)])
        mixed = sp.identity(len(factor.exponents)) if factor.combination is None else factor.combination
        matrix = np.block(
            [
                [factor.matrix[:, :terms], np.zeros((len(factor.matrix), n)), factor.matrix[:, terms:]],
                [np.zeros((len(own), terms)), own],
            ]
        )
        return Factor.of(rows, matrix, factor.variables, sp.block_diag([mixed, sp.identity(n)]))


def grid_of(model: Model, inputs: Sequence[Inputs], data: Reduced) -> Grid:
    """Return the residuals on the grids of all activations that are learned, for a weight of one."""
    slopes, targets = [], []
    learned = [j for j, ansatz in enumerate(data.sought.sites) if any(place is not None for place in ansatz.places)]
    for j in learned:
        ansatz, own = data.sought.sites[j], inputs[j]
        beyond = BEYOND * (own.high - own.low)
        t = np.linspace(own.low - beyond, own.high + beyond, POINTS)
        wanted = model.sites[j].function(t)
        size = float((wanted**2).mean()) or 1.0
        unit = np.sqrt(data.size / (len(inputs) * POINTS * size))
        powers = np.polynomial.polynomial.polyvander((t - ansatz.centre) / ansatz.scale, ansatz.degree)
        rows = np.zeros((POINTS, data.sought.count))
        for k, place in enumerate(ansatz.places):
            if place is not None:
                rows[:, place] = powers[:, k]
        slopes.append(unit * rows)
        targets.append(unit * (wanted - powers @ np.array(ansatz.values)))
    return Grid(np.concatenate(slopes), np.concatenate(targets))


def left_out_loss(data: Reduced, grid: Grid, weight: float, start: Floats, until: float) -> float:
    """Return the mean squared error over folds that were left out of the fit, one after the other."""
    total, folds = 0.0, range(len(data.parts))
    for k in folds:
        others = [j for j in folds if j != k]
        ends = searched(grid.beside(data.factor(others), weight), [start], until=until, random=0)
        total += data.loss(ends[0], [k]) * data.counts[k]
    return total / sum(data.counts)


@dataclass(frozen=True)
class Widening:
    r"""Whether polynomials are kept near their activations beyond the inputs of training, and why.

    Attributes
    ----------
    weight : float
        The :math:`\rho`; 0 for no penalty.
    left_out : tuple of (float, float)
        Weights that were tried, and the mean squared error over folds left out.
    training : float
        The mean squared error of training without a penalty.
    """

    weight: float
    left_out: tuple[tuple[float, float], ...] = ()
    training: float = float("nan")

    @property
    def words(self) -> str:
        """What was done, in a sentence."""
        if not self.left_out:
            return "" if not self.weight else f"A penalty of weight {self.weight:g} on widened grids was asked for."
        without = self.left_out[0][1]
        if not self.weight:
            return f"No penalty beyond the inputs of training: folds left out have a loss of {without:.4g}."
        best = dict(self.left_out)[self.weight]
        return (
            f"A penalty of weight {self.weight:g} on grids twice as wide as the inputs of training was needed: folds "
            f"left out had a loss of {without:.4g} without it and {best:.4g} with it."
        )


def widening(data: Reduced, grid: Grid, start: Floats, until: float) -> Widening:
    """Choose the weight by cross-validation, where folds left out are much worse than the others."""
    training = data.loss(start)
    if len(data.parts) < 2:
        return Widening(0.0, (), training)
    tried = [(0.0, left_out_loss(data, grid, 0.0, start, until))]
    if tried[0][1] > _SUSPECT * training:
        for weight in WEIGHTS:
            tried.append((weight, left_out_loss(data, grid, weight, start, until)))
    best = min(tried, key=lambda pair: pair[1])
    chosen = best[0] if best[1] < (1.0 - _WORTH) * tried[0][1] else 0.0
    return Widening(chosen, tuple(tried), training)
