r"""Labels that are asked for one after the other, where nearly optimal ReLUs disagree.

Given the labels so far, every cell of the arrangement has its least loss. With Gaussian noise of unknown size the
profile likelihood of a cell is :math:`\ell^{-n/2}` for `n` labels, with the least loss there; within the cell
coefficients are drawn around least squares, and kept where they lie in the cell: so cells that the labels leave open,
such as that in which all samples are silent, disagree as well. The next label is that of the row of the pool for which
the predictions of this mixture have the largest variance.

The setting, one ReLU with labels on demand, is that of agnostic active learning of general ReLUs (NeurIPS 2025); the
choice is the classical query by committee (Seung, Opper and Sompolinsky, COLT 1992) with all local minima as members.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import BadOption, InvalidInput
from ...machine.checks import converted, integer, real_array
from ...machine.documents import write_document
from ...machine.records import Record
from ..unit_documents import QUERIES, queries_document
from .near_optimal import near_optimal
from .regression import relu_regression
from .result import ReluFit
from .sample import Sample

Floats = NDArray[np.float64]

#: Cells whose likelihood is below this share of the best one are left out; at most so many are kept.
_SHARE, _MEMBERS = 1e-3, 200
#: Coefficients that are drawn for a cell.
_DRAWS = 128
#: The share of the mean squared label that the noise is never taken to be below, which matters for few labels.
_FLOOR = 1e-3
#: The variance of coefficients that labels do not determine, in mean squared labels.
_PRIOR = 4.0


@dataclass(frozen=True, eq=False, repr=False)
class QueryResult(Record):
    """What was asked, and the fit to the answers.

    Attributes
    ----------
    asked : (budget,) array of int
        Rows of the pool, in the order in which their labels were asked for.
    labels : (budget,) array
    disagreement : (budget,) array
        The variance of the predictions that each query had; not a number for those at the beginning.
    fit : ReluFit
        The globally best ReLU for the labels that were asked for.
    """

    asked: NDArray[np.intp]
    labels: Floats
    disagreement: Floats
    fit: ReluFit

    def to_json(self, path: str | PathLike[str]) -> None:
        """Write queries and fit to a file, from which `momentsos.load` reads it whole.

        Raises
        ------
        InvalidInput
            The file cannot be written.
        """
        write_document(path, QUERIES, queries_document(self))


def relu_queries(
    X: ArrayLike,
    label: Callable[[int], float],
    budget: int,
    *,
    initial: int | None = None,
    max_cells: int = 400_000,
    seed: int = 0,
) -> QueryResult:
    """Fit one ReLU with few labels, each asked for where the nearly optimal ones disagree most.

    Parameters
    ----------
    X : (N, d) array
        The pool.
    label : callable
        Returns the target of row `i`; it is asked once a row.
    budget : int
        How many labels are asked for in all.
    initial : int, optional
        How many rows are drawn at random to begin with; by default `d` + 2.
    max_cells : int
        As for `relu_regression`, for the labels asked for so far.
    seed : int
        Of the rows at the beginning.

    Returns
    -------
    QueryResult

    Raises
    ------
    InvalidInput
        A pool that is no array of finite numbers, or a label that is no finite number.
    BadOption
        A budget beyond the pool, or below the labels at the beginning.
    ProblemTooLarge
        More activation patterns than `max_cells`.
    """
    pool = Sample.of(X, np.zeros(len(real_array(X, "X")))).X
    if not callable(label):
        raise InvalidInput("label: expected a function from a row of the pool to its target")
    count = integer(budget, "budget", 1, len(pool), "a number of labels")
    first = min(count, pool.shape[1] + 2) if initial is None else integer(initial, "initial", 1, 2**31)
    if first > count:
        raise BadOption(f"initial = {first}: expected at most the budget of {count} labels")
    asked = list(np.random.default_rng(integer(seed, "seed", 0, 2**63 - 1)).permutation(len(pool))[:first])
    labels, variances = [_asked(label, i) for i in asked], [np.nan] * first
    while len(asked) < count:
        spread = disagreement(pool, np.array(asked), np.array(labels), max_cells)
        spread[asked] = -np.inf
        chosen = int(np.argmax(spread))
        asked.append(chosen)
        variances.append(float(spread[chosen]))
        labels.append(_asked(label, chosen))
    fit = relu_regression(pool[asked], labels, max_cells=max_cells)
    return QueryResult(np.array(asked, dtype=np.intp), np.array(labels), np.array(variances), fit)


def disagreement(pool: Floats, asked: NDArray[np.intp], labels: Floats, max_cells: int, seed: int = 0) -> Floats:
    """Return the variance of the prediction for each row of the pool, given the labels of some of them."""
    sample = Sample.of(pool[asked], labels)
    n, size = len(labels), pool.shape[1] + 1
    power = float(np.mean(labels**2)) or 1.0
    known = near_optimal(sample, 0.0, max_cells)
    best = max(float(known.losses[0]), _FLOOR * power)
    slack = best * (1.0 / _SHARE) ** (2.0 / n) - float(known.losses[0])
    known = near_optimal(sample, slack, max_cells)
    likelihood = np.maximum(known.losses[:_MEMBERS] / best, 1.0) ** (-n / 2.0)
    rows = _orthogonal(pool)
    drawn, weight = [], []
    noise, prior = best * n / max(n - size, 1), _PRIOR * power
    rng = np.random.default_rng(seed)
    for positive, share, w, b in zip(known.positive, likelihood, known.weights, known.biases, strict=False):
        found = _in_cell(rows[asked], labels, positive, noise, prior, rng) @ rows.T
        found = found if len(found) else (pool @ w + b)[None]
        drawn.append(np.maximum(found, 0.0))
        weight.append(np.full(len(found), share / len(found)))
    predicted, shares = np.concatenate(drawn), np.concatenate(weight) / likelihood.sum()
    return np.asarray(shares @ (predicted - shares @ predicted) ** 2)


def _in_cell(
    rows: Floats, labels: Floats, positive: NDArray[np.bool_], noise: float, prior: float, rng: np.random.Generator
) -> Floats:
    """Return coefficients drawn from a normal law around least squares, those that lie in the cell."""
    inside, size = rows[positive], rows.shape[1]
    precision = inside.T @ inside / noise + np.eye(size) / prior
    root = np.linalg.cholesky(precision)
    mean = np.linalg.solve(precision, inside.T @ labels[positive] / noise)
    theta = mean + np.linalg.solve(root.T, rng.standard_normal((size, _DRAWS))).T
    return np.asarray(theta[((theta @ rows.T > 0.0) == positive).all(axis=1)])


def _orthogonal(pool: Floats) -> Floats:
    """Return inputs and ones in coordinates whose columns are orthogonal, with squares of mean one."""
    rows = np.hstack([pool, np.ones((len(pool), 1))])
    scaled = rows / np.maximum(np.abs(rows).max(axis=0), 1e-300)
    return np.asarray(np.linalg.qr(scaled)[0] * len(pool) ** 0.5)


def _asked(label: Callable[[int], Any], row: int) -> float:
    found = converted(lambda i: float(label(i)), int(row), f"label({int(row)})", "a number")
    if not np.isfinite(found):
        raise InvalidInput(f"label({int(row)}): expected a finite number, got {found}")
    return float(found)
