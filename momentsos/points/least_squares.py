"""Levenberg-Marquardt on the residuals of a sum of squares; variables in which these are affine are projected out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..conditioning.split import quadratic_split
from ..polynomials.evaluator import Evaluator
from ..problem import Problem

Floats = NDArray[np.float64]

#: Starts at most, and how often the best value is to be found before that is enough.
_STARTS, _ENOUGH = 40, 3
#: Sizes of the starts in turn.
_SIZES = (1.0, 0.3, 3.0)
#: Evaluations of the residuals in one run.
_EVALUATIONS = 60
#: Two values count as one up to this share.
_SAME = 1e-9


class Residuals(Protocol):
    """Functions with derivatives: polynomials, or passes through a network."""

    @property
    def count(self) -> int:
        """How many there are."""
        ...

    def values(self, point: Floats) -> Floats:
        """Return their values, shape (count,)."""
        ...

    def jacobian(self, point: Floats) -> Floats:
        """Return their gradients, shape (count, n)."""
        ...


class Projected:
    r"""Residuals with the best values of those variables in which they are affine, for given values of the others.

    With :math:`r(u, v) = b(u) + A(u) v` and `P` the projection onto the complement of the columns of `A`, the
    residuals are :math:`P b`, and :math:`P\, \partial_u r` at the best `v` stands for their Jacobian.

    Source: Golub and Pereyra, SIAM J. Numer. Anal. 10 (1973), with the simplification of Kaufman, BIT 15 (1975).

    Parameters
    ----------
    evaluator : Residuals
        Of the residuals.
    inner, linear : sequence of int
        Which variables `u` and `v` are.
    """

    def __init__(self, evaluator: Residuals, inner: Sequence[int], linear: Sequence[int]) -> None:
        self.evaluator, self.inner, self.linear = evaluator, list(inner), list(linear)
        self._known: tuple[bytes, Floats, Floats] | None = None

    def complete(self, inner: Floats) -> tuple[Floats, Floats]:
        """Return all variables, and an orthonormal basis of the columns of the linear ones."""
        if self._known is None or self._known[0] != inner.tobytes():
            base = np.zeros(len(self.inner) + len(self.linear))
            base[self.inner] = inner
            columns = np.take(self.evaluator.jacobian(base), self.linear, axis=1)
            lengths = np.linalg.norm(columns, axis=0)
            lengths[lengths == 0] = 1.0
            u, s, vt = np.linalg.svd(columns / lengths, full_matrices=False)
            rank = int((s > 1e-10 * s.max(initial=0.0)).sum())
            inside = (u[:, :rank].T @ self.evaluator.values(base)) / s[:rank]
            base[self.linear] = -(vt[:rank].T @ inside) / lengths
            self._known = inner.tobytes(), base, u[:, :rank]
        return self._known[1:]

    def values(self, inner: Floats) -> Floats:
        """Return the residuals."""
        point, basis = self.complete(inner)
        values = self.evaluator.values(point)
        return np.asarray(values - basis @ (basis.T @ values))

    def jacobian(self, inner: Floats) -> Floats:
        """Return what stands for their derivatives in the other variables."""
        point, basis = self.complete(inner)
        columns = np.take(self.evaluator.jacobian(point), self.inner, axis=1)
        return np.asarray(columns - basis @ (basis.T @ columns))

    def search(self, start: Floats) -> Floats | None:
        """Return the end of a run from values of the inner variables; None where it leaves the range of floats."""
        from scipy.optimize import least_squares

        if not self.inner:
            return self.complete(start)[0]
        way = "lm" if self.evaluator.count >= len(start) else "trf"
        stop = {"xtol": 1e-14, "ftol": 1e-14, "gtol": 1e-14}
        try:
            end = least_squares(self.values, start, self.jacobian, method=way, max_nfev=_EVALUATIONS, **stop).x
            point = self.complete(end)[0]
        except (ValueError, np.linalg.LinAlgError):  # of numbers that ran away
            return None
        return point if np.isfinite(point).all() else None


def least_squares_ends(
    problem: Problem, seed: int = 0, until: float = np.inf, further: Sequence[Floats] = (), keep: int = 8
) -> Floats:
    """Return ends of runs of Levenberg-Marquardt on the factor of a problem, best first, at most `keep`.

    Runs begin at `further` points and at random ones, until the best value was found often enough or the time is over
    (`until`, by `time.perf_counter`).

    Returns
    -------
    (r, n) array
    """
    assert problem.squares is not None
    evaluator, split = Evaluator(problem.squares.polynomials), quadratic_split(problem)
    projected = Projected(evaluator, split.inner, split.linear)
    random = np.random.default_rng(seed).standard_normal((_STARTS, len(split.inner)))
    random *= np.resize(_SIZES, _STARTS)[:, None]
    starts = [np.asarray(point)[projected.inner] for point in further] + list(random)
    ends: list[tuple[float, Floats]] = []
    for number, start in enumerate(starts):
        if time.perf_counter() > until and ends:
            break
        lowest = min((value for value, _ in ends), default=np.inf)
        hits = sum(value <= lowest * (1 + _SAME) for value, _ in ends)
        if number >= len(further) and (hits >= _ENOUGH or (ends and not split.inner)):
            break
        with np.errstate(all="ignore"):
            point = projected.search(start)
            value = np.inf if point is None else float((evaluator.values(point) ** 2).sum())
        if point is not None and np.isfinite(value):
            ends.append((value, point))
    ends.sort(key=lambda pair: pair[0])
    return np.array([point for _, point in ends[:keep]]).reshape(-1, problem.n_variables)
