"""The mean absolute residual over all samples and outputs."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from .loss import Weightable
from .norms import AbsoluteNorm, Total
from .sampled import Parts, SampledLoss, largest_first, rows_of_parts

#: A group that loses less than this share of the loss loses nothing but rounding.
_NOTHING = 1e-13
#: How often what is left of the residuals is halved, to give the groups.
HALVINGS = 4


class MeanAbs(Weightable, SampledLoss):
    r"""The mean absolute residual, :math:`\frac{1}{N m_{D+1}} \sum_{ij} |f_j(x_i; c) - y_{ij}|`.

    Epigraph form: minimise :math:`\sum_g \theta_g` subject to :math:`\theta_g \pm q_g \ge 0`. With all residuals,
    :math:`q_g = r_{ij} / (N m_{D+1})`. A reduction keeps those near zero single and adds up the others in groups `G`,
    with signs :math:`s = \pm 1` that are fixed: :math:`|\sum_{G} s_{ij} r_{ij}| \le \sum_{G} |r_{ij}|` for all signs
    and all values, with equality where no :math:`s_{ij} r_{ij}` is negative, so at the point whose signs were taken.
    """

    name: ClassVar[str] = "mae"
    norm: ClassVar[AbsoluteNorm] = Total()

    def of_residuals(self, values: NDArray[np.float64]) -> float:
        """Return the mean absolute value; in a reduction, the weights divide by the number of residuals."""
        if self.importance is None:
            return float(np.abs(values).mean())
        return float((self.shares(len(values)) * np.abs(values)).sum())

    def shares(self, count: int) -> NDArray[np.float64]:
        """Return the weight of each residual; they add up to one."""
        if self.importance is None:
            return np.full(count, 1.0 / count)
        return np.repeat(self.importance, count // len(self.importance)) / count

    def scale(self, targets: NDArray[np.float64]) -> float:
        """Return the mean absolute target."""
        return self.of_residuals(targets.reshape(-1)) or 1.0

    def parts(self, singles: int, values: NDArray[np.float64], slopes: NDArray[np.float64]) -> Parts:
        """Return the residuals nearest to zero, which change their signs first, and groups of those that move alike."""
        nearest = largest_first(-np.abs(values), singles)
        rest = np.setdiff1d(np.arange(len(values)), nearest)
        return [*nearest[:, None], *_alike(_signs(values)[:, None] * slopes, rest, HALVINGS)]

    def weights(self, parts: Parts, values: NDArray[np.float64]) -> csr_matrix:
        """Return the matrix that adds up each part with the signs of the values; with these nothing is lost."""
        return rows_of_parts(parts, _signs(values) * self.shares(len(values)))

    def over_ranges(self, middle: NDArray[np.float64], half: NDArray[np.float64]) -> tuple[NDArray[np.float64], int]:
        """Return how far from zero the residuals stay; those that may change their signs are single."""
        ratio = middle / np.maximum(half, np.finfo(float).tiny)
        return ratio, int((np.abs(ratio) < 1.0).sum())

    def refined(self, parts: Parts, weights: csr_matrix, values: NDArray[np.float64], room: int) -> Parts:
        """Divide the groups that lose most by the signs that their terms have, and then lose nothing."""
        terms = (weights.T @ np.ones(len(parts))) * values
        lost = np.array([np.abs(terms[part]).sum() - abs(terms[part].sum()) for part in parts])
        halves: Parts = []
        chosen = largest_first(lost, min(room, int((lost > _NOTHING * self.of_residuals(values)).sum())))
        for number in chosen.tolist():
            part = parts[number]
            halves += [part[terms[part] >= 0], part[terms[part] < 0]]
        return [part for number, part in enumerate(parts) if number not in set(chosen.tolist())] + halves

    def enlarged(self, parts: Parts, values: NDArray[np.float64], room: int) -> Parts:
        """Take the residuals nearest to zero out of the groups."""
        nearness = -np.abs(values)
        singles = [part for part in parts if len(part) == 1]
        nearness[np.concatenate([np.zeros(0, dtype=np.intp), *singles])] = -np.inf
        out = largest_first(nearness, min(room, len(values) - len(singles)))
        rest = [np.setdiff1d(part, out) for part in parts if len(part) > 1]
        return [*singles, *out[:, None], *(part for part in rest if len(part))]


def _signs(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(values < 0, -1.0, 1.0)


def _alike(slopes: NDArray[np.float64], members: NDArray[np.intp], halvings: int) -> list[NDArray[np.intp]]:
    """Divide residuals by the direction in which their slopes differ most, again and again.

    Where slopes are alike, few residuals of a group pass through zero while the others grow.
    """
    if len(members) < 2 or halvings == 0:
        return [members] if len(members) else []
    centred = slopes[members] - slopes[members].mean(axis=0)
    along = centred @ np.linalg.eigh(centred.T @ centred)[1][:, -1]
    order = members[np.argsort(along, kind="stable")]
    half = len(order) // 2
    return _alike(slopes, order[:half], halvings - 1) + _alike(slopes, order[half:], halvings - 1)
