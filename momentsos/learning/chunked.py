"""Sums over data in pieces: each is taken where its piece is, and they are added in pairs, as a tree.

Rounding grows with the logarithm of the number of pieces, and of as many results there are at a time as the tree is
high. With a client of dask.distributed pieces and sums are tasks of its own: a worker that is lost costs what it held,
which is computed again.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..errors import BadOption, InvalidInput, SolverFailed
from ..machine.checks import real_array, shown
from ..machine.clock import refuse_if_late
from .expansion import Expansion
from .network import PolynomialNetwork
from .network_doors import check_rows
from .sources import Source

Floats = NDArray[np.float64]

#: Rows that stand for all data where only sizes matter: natural units, and where a search begins.
FEW = 1_000
#: Pieces that wait for a worker, for each thread.
_AHEAD = 2
#: How often a piece whose task fails is tried again.
_RETRIES = 2


@dataclass(frozen=True, eq=False)
class Survey:
    """What is known of some samples after one look.

    Attributes
    ----------
    samples : int
    weight : float
        The sum of their weights.
    targets, squares : (m,) arrays
        Weighted sums of the targets, and of their squares.
    X, Y : (n, m_0) and (n, m) arrays
        A few of them.
    """

    samples: int
    weight: float
    targets: Floats
    squares: Floats
    X: Floats
    Y: Floats

    @classmethod
    def of(cls, X: Floats, Y: Floats, weights: Floats | None) -> Self:
        """Look at the samples of one piece."""
        own = np.ones(len(X)) if weights is None else weights
        step = -(-len(X) // FEW)
        return cls(len(X), float(own.sum()), own @ Y, own @ Y**2, X[::step], Y[::step])

    @property
    def variance(self) -> float:
        """The mean squared deviation of the targets from their mean."""
        return float((self.squares / self.weight - (self.targets / self.weight) ** 2).mean())

    def with_(self, other: Survey) -> Survey:
        """Return what is known of both together; of the few rows each keeps its share."""
        samples = self.samples + other.samples
        kept = [_share(each, FEW * each.samples / samples) for each in (self, other)]
        X, Y = (np.concatenate(rows) for rows in zip(*kept, strict=True))
        return Survey(
            samples,
            self.weight + other.weight,
            self.targets + other.targets,
            self.squares + other.squares,
            X,
            Y,
        )


def _share(survey: Survey, rows: float) -> tuple[Floats, Floats]:
    step = max(1, math.ceil(len(survey.X) / max(1.0, rows)))
    return survey.X[::step], survey.Y[::step]


@dataclass(frozen=True, eq=False)
class ChunkedData:
    """Data in pieces, for a network with so many inputs and outputs.

    Attributes
    ----------
    source : Source
    client : Client of dask.distributed, or None
    widths : (int, int)
    survey : Survey
    """

    source: Source
    client: Any
    widths: tuple[int, int]
    survey: Survey

    @classmethod
    def of(cls, source: Source, network: PolynomialNetwork, client: Any, until: float) -> ChunkedData:
        """Look at all data once.

        Raises
        ------
        InvalidInput
            A piece does not match the network, or holds numbers that are not finite; weights that are all zero.
        BadOption
            The client is none.
        """
        if client is not None and not all(hasattr(client, name) for name in ("submit", "compute", "nthreads")):
            raise BadOption(f"client: expected a Client of dask.distributed, got {shown(client)}")
        widths = (network.sizes[0], network.sizes[-1])
        survey = _total(source, client, widths, Survey.of, Survey.with_, until)
        if survey is None:
            raise InvalidInput("X: there are no chunks")
        if not survey.weight > 0.0:
            raise InvalidInput("sample_weight: all are zero")
        return cls(source, client, widths, survey)

    def triangular_factor(self, expansion: Expansion) -> Floats:
        """Return the triangular factor of all outputs' coefficients and the targets; see `Expansion`."""
        own = self._portable(expansion)
        found: Floats = _total(self.source, self.client, self.widths, _Factor(own), _stacked, expansion.until)
        return found

    def mean_outputs(self, expansion: Expansion) -> Floats:
        """Return the coefficients of the mean output, shape (terms, m)."""
        own = self._portable(expansion)
        found: Floats = _total(self.source, self.client, self.widths, _Sum(own), np.add, expansion.until)
        return found / self.survey.weight

    def squared_error(self, network: PolynomialNetwork) -> float:
        """Return the weighted mean over samples and outputs of the squared residual."""
        total = float(_total(self.source, self.client, self.widths, _Error(network), np.add, math.inf))
        return total / (self.survey.weight * self.widths[1])

    def mean_error(self, network: PolynomialNetwork) -> Floats:
        """Return the weighted mean residual of each output."""
        total: Floats = _total(self.source, self.client, self.widths, _Deviation(network), np.add, math.inf)
        return total / self.survey.weight

    def _portable(self, expansion: Expansion) -> Expansion:
        """Return a plan whose limit is not one of this machine's clock, where others work."""
        return expansion if self.client is None else expansion.without_limit()


@dataclass(frozen=True, eq=False)
class _Factor:
    expansion: Expansion

    def __call__(self, X: Floats, Y: Floats, weights: Floats | None) -> Floats:
        return self.expansion.triangular_factor(X, Y, weights)


@dataclass(frozen=True, eq=False)
class _Sum:
    expansion: Expansion

    def __call__(self, X: Floats, Y: Floats, weights: Floats | None) -> Floats:
        total = float(len(X)) if weights is None else float(weights.sum())
        return 0.0 * self.expansion.mean_outputs(X) if total == 0.0 else total * self.expansion.mean_outputs(X, weights)


@dataclass(frozen=True, eq=False)
class _Error:
    network: PolynomialNetwork

    def __call__(self, X: Floats, Y: Floats, weights: Floats | None) -> float:
        errors = ((self.network.predict(X) - Y) ** 2).sum(axis=1)
        return float(errors.sum() if weights is None else weights @ errors)


@dataclass(frozen=True, eq=False)
class _Deviation:
    network: PolynomialNetwork

    def __call__(self, X: Floats, Y: Floats, weights: Floats | None) -> Floats:
        errors = self.network.predict(X) - Y
        return np.asarray(errors.sum(axis=0) if weights is None else weights @ errors)


def _stacked(one: Floats, other: Floats) -> Floats:
    """Return the triangular factor of the rows of two."""
    return np.asarray(np.linalg.qr(np.concatenate([one, other]), mode="r"))


@dataclass(frozen=True, eq=False)
class _Task:
    """What is done with one piece: it is checked, then `look` sees it."""

    look: Callable[[Floats, Floats, Floats | None], Any]
    widths: tuple[int, int]

    def __call__(self, number: int, X: Any, Y: Any, weights: Any) -> Any:
        return self.look(*checked_piece(number, X, Y, weights, self.widths))


def checked_piece(
    number: int, X: Any, Y: Any, weights: Any, widths: tuple[int, int]
) -> tuple[Floats, Floats, Floats | None]:
    """Return a piece as float arrays; raise `InvalidInput` that says which one it is."""
    name = f"chunk {number}: "
    inputs = check_rows(_plain(X), f"{name}X", widths[0])
    raw = np.asarray(_plain(Y))
    if raw.ndim == 1 and widths[1] > 1 and raw.dtype.kind in "biu":  # classes of a loader, counted from 0
        if raw.size and not 0 <= int(raw.min()) <= int(raw.max()) < widths[1]:
            raise InvalidInput(f"{name}Y holds class {raw.max()}: expected 0 to {widths[1] - 1}")
        targets = np.eye(widths[1])[raw.astype(np.intp)]
    else:
        targets = check_rows(raw, f"{name}Y", widths[1])
    if len(inputs) != len(targets):
        raise InvalidInput(f"{name}X has {len(inputs)} rows and Y has {len(targets)}: expected as many")
    if weights is None:
        return inputs, targets, None
    own = real_array(_plain(weights), f"{name}weights")
    if own.shape != (len(inputs),) or not np.isfinite(own).all() or (own < 0).any():
        raise InvalidInput(f"{name}weights of shape {own.shape}: expected ({len(inputs)},), finite, not negative")
    return inputs, targets, own


def _plain(values: Any) -> Any:
    """Return a tensor as what NumPy reads, anything else as it is."""
    return values.detach().cpu() if hasattr(values, "detach") and hasattr(values, "cpu") else values


def _total(
    source: Source,
    client: Any,
    widths: tuple[int, int],
    look: Callable[[Floats, Floats, Floats | None], Any],
    add: Callable[[Any, Any], Any],
    until: float,
) -> Any:
    """Return what `look` sees in all pieces, added up; None where there are none."""
    task, pieces = _Task(look, widths), source.pieces(client)
    doing = "all chunks were read"
    if client is None:

        def here() -> Iterable[Any]:
            for number, piece in enumerate(pieces):
                refuse_if_late(until, doing)
                yield task(number, *piece)

        return tree_sum(here(), add)

    def there() -> Iterable[Any]:
        waiting: deque[Any] = deque()
        most = _AHEAD * max(1, sum(client.nthreads().values()))
        for number, piece in enumerate(pieces):
            refuse_if_late(until, doing)
            if len(waiting) >= most:
                _result(waiting.popleft(), fetch=False)
            waiting.append(client.submit(task, number, *piece, pure=False, retries=_RETRIES))
            yield waiting[-1]

    total = tree_sum(there(), lambda one, other: client.submit(add, one, other, pure=False, retries=_RETRIES))
    return None if total is None else _result(total, fetch=True)


def _result(future: Any, fetch: bool) -> Any:
    """Return what a future is, or wait for it."""
    from distributed import KilledWorker, wait

    try:
        return future.result() if fetch else wait(future)
    except KilledWorker as error:
        raise SolverFailed(f"client: workers ended again and again at one chunk ({error})") from error


def tree_sum(parts: Iterable[Any], add: Callable[[Any, Any], Any]) -> Any:
    """Return the sum of parts in order, added in pairs; None for no parts."""
    open_: list[tuple[int, Any]] = []
    for part in parts:
        level = 0
        while open_ and open_[-1][0] == level:
            part = add(open_.pop()[1], part)
            level += 1
        open_.append((level, part))
    if not open_:
        return None
    total = open_.pop()[1]
    while open_:
        total = add(open_.pop()[1], total)
    return total
