"""The nearest semidefinite blocks, by the shorter side of the spectrum where that is short."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from ...sdp import SDP, smat, svec
from . import rules

Floats = NDArray[np.float64]


@dataclass(eq=False)
class Projector:
    """Projects the blocks of one program, and remembers how many eigenvalues were positive the last time.

    Attributes
    ----------
    program : SDP
    ranks : dict
        The positive eigenvalues of each large block, by size and number.
    whole, partial : int
        How many decompositions were made, of all and of few eigenvalues.
    """

    program: SDP
    ranks: dict[tuple[int, int], int] = field(default_factory=dict)
    whole: int = 0
    partial: int = 0

    def __call__(self, rows: Floats) -> Floats:
        """Return the svec rows of the nearest semidefinite blocks."""
        found = np.empty_like(rows)
        for size, places in self.program.groups:
            if size == 1:
                found[places] = np.maximum(rows[places], 0.0)
            elif size < rules.LARGE_BLOCK:
                values, vectors = np.linalg.eigh(smat(rows[places]))
                roots = vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]
                found[places] = svec(roots @ roots.transpose(0, 2, 1))
            else:
                for number, place in enumerate(places):
                    found[place] = self._large(rows[place], (size, number))
        return found

    def _large(self, rows: Floats, key: tuple[int, int]) -> Floats:
        """Project one block: few eigenvalues first, all where their signs show that these were too few."""
        size, rank = key[0], self.ranks.get(key)
        matrix = smat(rows)
        if rank is not None and min(rank, size - rank) < rules.SHORT_SIDE * size:
            positive = 2 * rank <= size
            short = rank if positive else size - rank
            count = min(size - 1, short + max(2, short // 8))
            wanted = [size - count, size - 1] if positive else [0, count - 1]
            values, vectors = scipy.linalg.eigh(matrix, subset_by_index=wanted, driver="evr", check_finite=False)
            if values[0] <= 0.0 if positive else values[-1] >= 0.0:
                self.partial += 1
                own = int((values > 0).sum()) if positive else int((values < 0).sum())
                self.ranks[key] = own if positive else size - own
                return _assembled(rows, values, vectors, positive)
        self.whole += 1
        values, vectors = scipy.linalg.eigh(matrix, driver="evd", check_finite=False, overwrite_a=True)
        self.ranks[key] = rank = int((values > 0).sum())
        if 2 * rank <= size:
            return _assembled(rows, values[size - rank :], vectors[:, size - rank :], True)
        return _assembled(rows, values[: size - rank], vectors[:, : size - rank], False)


def _assembled(rows: Floats, values: Floats, vectors: Floats, positive: bool) -> Floats:
    """Return the positive part of a block from that of its spectrum, or by taking the negative part away."""
    if positive:
        roots = vectors * np.sqrt(np.maximum(values, 0.0))
        return svec(roots @ roots.T)
    roots = vectors * np.sqrt(np.maximum(-values, 0.0))
    return rows + svec(roots @ roots.T)


def least_eigenvalues(program: SDP, rows: Floats) -> Floats:
    """Return the smallest eigenvalue of each block, in the order of the program."""
    found, sizes = np.empty(len(program.sizes)), np.asarray(program.sizes)
    for size, places in program.groups:
        numbers = np.flatnonzero(sizes == size)
        if size == 1:
            found[numbers] = rows[places[:, 0]]
        elif size < rules.LARGE_BLOCK:
            found[numbers] = np.linalg.eigvalsh(smat(rows[places]))[:, 0]
        else:
            found[numbers] = [
                scipy.linalg.eigvalsh(smat(rows[place]), subset_by_index=[0, 0], check_finite=False)[0]
                for place in places
            ]
    return found


def identities(program: SDP, weights: Floats) -> Floats:
    """Return the svec rows of a multiple of the identity in each block."""
    rows, sizes = np.empty(program.operator.shape[0]), np.asarray(program.sizes)
    for size, places in program.groups:
        rows[places] = weights[sizes == size][:, None] * svec(np.eye(size))
    return rows
