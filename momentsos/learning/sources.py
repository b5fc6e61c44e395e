"""Data that are not one array in memory: where their pieces come from.

A piece is inputs, targets and, or None, weights of some samples, or what stands for them on other machines. They are
read several times, once for each form in which the loss is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ..errors import InvalidInput
from ..machine.checks import converted, shown

#: Inputs, targets, weights.
Piece = tuple[Any, Any, Any]

#: Memory maps up to so many bytes are read as a whole.
READ = 2**28
#: Bytes of a piece of a memory map.
PIECE = 2**25

_END = object()


class Source(Protocol):
    """Where pieces come from."""

    def pieces(self, client: Any) -> Iterator[Piece]:
        """Yield them from the beginning; with a client of dask.distributed they may be futures."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Memory maps, piece by piece."""

    X: Any
    Y: Any
    weights: Any

    def pieces(self, _client: Any) -> Iterator[Piece]:
        """See `Source`."""
        step = max(1, PIECE // max(1, self.X[:1].nbytes + self.Y[:1].nbytes))
        for start in range(0, len(self.X), step):
            rows = slice(start, start + step)
            weights = None if self.weights is None else np.asarray(self.weights[rows])
            yield np.asarray(self.X[rows]), np.asarray(self.Y[rows]), weights


@dataclass(frozen=True, eq=False)
class Chunks:
    """An iterable of chunks, or a function that returns one."""

    given: Any

    def pieces(self, _client: Any) -> Iterator[Piece]:
        """See `Source`."""
        expected = "(X, Y) chunks, or (X, Y, weights)"
        chunks = converted(lambda given: iter(given() if callable(given) else given), self.given, "X", expected)
        while (chunk := converted(lambda each: next(each, _END), chunks, "X", expected)) is not _END:
            if not isinstance(chunk, tuple | list) or len(chunk) not in (2, 3):
                raise InvalidInput(f"X: expected {expected}, got {shown(chunk)} among the chunks")
            yield chunk[0], chunk[1], chunk[2] if len(chunk) == 3 else None


@dataclass(frozen=True, eq=False)
class Blocks:
    """Arrays of dask, block by block; with a client each block stays where it is computed."""

    X: Any
    Y: Any
    weights: Any

    def pieces(self, client: Any) -> Iterator[Piece]:
        """See `Source`."""
        arrays = [each for each in (self.X, self.Y, self.weights) if each is not None]
        for blocks in zip(*(each.to_delayed().reshape(-1) for each in arrays), strict=True):
            if client is None:
                found = [block.compute() for block in blocks]
            else:
                found = client.compute(list(blocks))
            yield found[0], found[1], found[2] if len(found) == 3 else None


def source_of(X: Any, Y: Any, sample_weight: Any, whole: bool = True) -> Source | None:
    """Return where the pieces of data come from; None for what is in memory, or is read as a whole.

    Parameters
    ----------
    X, Y, sample_weight
        As for `momentsos.learn`.
    whole : bool
        Whether arrays in memory are left as they are; otherwise they are cut too.

    Raises
    ------
    InvalidInput
        An iterator, which can be read once only; arrays of dask that do not fit together.
    """
    if _of_dask(X):
        return _blocks(X, Y, sample_weight)
    if Y is None:
        if not isinstance(X, Callable | Iterable) or isinstance(X, str | bytes | dict | np.ndarray):  # type: ignore[arg-type]
            raise InvalidInput(f"Y is missing; without it X is to be an iterable of (X, Y) chunks, got {shown(X)}")
        if isinstance(X, Iterator):
            raise InvalidInput(
                "X: an iterator can be read once, and data are read several times: give a list, or a function that "
                "returns a new one"
            )
        if sample_weight is not None:
            raise InvalidInput("sample_weight: with chunks give weights in these, as (X, Y, weights)")
        return Chunks(X)
    arrays = isinstance(X, np.ndarray) and isinstance(Y, np.ndarray) and X.ndim == 2
    large = isinstance(X, np.memmap) and arrays and X.nbytes + Y.nbytes > READ
    if arrays and (large or not whole):
        if len({len(each) for each in (X, Y, sample_weight) if each is not None}) != 1:
            raise InvalidInput("X, Y, sample_weight: expected one row a sample in each")
        return Rows(X, Y, sample_weight)
    return None


def _of_dask(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] == "dask"


def _blocks(X: Any, Y: Any, sample_weight: Any) -> Blocks:
    """Return arrays of dask with the same rows in each block, all columns together."""
    import dask.array as da

    arrays = []
    for name, value in (("X", X), ("Y", Y), ("sample_weight", sample_weight)):
        if value is None and name == "sample_weight":
            continue
        if not isinstance(value, da.Array | np.ndarray):
            raise InvalidInput(
                f"{name}: expected an array of dask, got {shown(value)}; see to_dask_array(lengths=True)"
            )
        arrays.append(value if isinstance(value, da.Array) else da.from_array(value))
        if np.isnan(arrays[-1].shape[0]):
            raise InvalidInput(f"{name}: its blocks have unknown lengths; call compute_chunk_sizes() first")
    if len({each.shape[0] for each in arrays}) != 1:
        raise InvalidInput("X, Y, sample_weight: expected one row a sample in each")
    rows = arrays[0].chunks[0]
    fitting = [each.rechunk((rows, *each.shape[1:])) for each in arrays]
    return Blocks(fitting[0], fitting[1], fitting[2] if len(fitting) == 3 else None)
