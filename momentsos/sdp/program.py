"""The conic standard form that every relaxation becomes and every solver takes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..errors import InvalidInput
from ..machine.notebooks import Row
from ..machine.records import Record
from .svec import svec_length


@dataclass(frozen=True, eq=False, repr=False)
class SDP(Record):
    r"""A semidefinite program over moments.

    .. math::

        \min_y\; c^\top y \quad\text{subject to}\quad E y = d,\qquad
        F_j(y) = \sum_\alpha y_\alpha F_{j\alpha} \succeq 0 \quad (j = 1 \dots J),

    with the dual

    .. math::

        \max_{\lambda, X}\; d^\top \lambda \quad\text{subject to}\quad
        c = E^\top \lambda + \sum_j F_j^*(X_j),\qquad X_j \succeq 0.

    The block operators are homogeneous in `y`; a constant enters through a moment that `E y = d` fixes to 1.

    Attributes
    ----------
    cost : (n,) array
        The vector `c`.
    equalities : (p, n) CSR matrix
        The matrix `E`.
    right_side : (p,) array
        The vector `d`.
    operator : (Σ_j s_j (s_j + 1) / 2, n) CSR matrix
        The rows of block `j` are the svec (see `momentsos.sdp.svec`) of :math:`F_j`.
    sizes : tuple of int
        The block sizes `s_j`, in the order of the rows of `operator`.

    Raises
    ------
    InvalidInput
        When shapes do not fit together or a number is not finite.
    """

    cost: NDArray[np.float64]
    equalities: sp.csr_matrix
    right_side: NDArray[np.float64]
    operator: sp.csr_matrix
    sizes: tuple[int, ...] = field(default=())

    def _table_rows(self) -> list[Row]:
        sizes = Counter(self.sizes)
        blocks = ", ".join(f"{count:,} of {size} × {size}" for size, count in sorted(sizes.items()))
        return [("moments", f"{len(self.cost):,}"), ("equations", f"{len(self.right_side):,}"), ("blocks", blocks)]

    def __post_init__(self) -> None:
        n = self.cost.shape[0]
        rows = sum(svec_length(size) for size in self.sizes)
        expected = {"equalities": (self.right_side.shape[0], n), "operator": (rows, n)}
        for name, shape in expected.items():
            came = getattr(self, name).shape
            if came != shape:
                raise InvalidInput(f"SDP: {name} has shape {came}, expected {shape}")
        for name, values in (
            ("cost", self.cost),
            ("right_side", self.right_side),
            ("equalities", self.equalities.data),
            ("operator", self.operator.data),
        ):
            if not np.isfinite(values).all():
                raise InvalidInput(f"SDP: {name} contains a number that is not finite")

    @property
    def n_moments(self) -> int:
        """The number of unknowns `n`."""
        return int(self.cost.shape[0])

    @cached_property
    def offsets(self) -> NDArray[np.intp]:
        """Where the rows of each block begin in `operator`, with the total at the end, shape ``(J + 1,)``."""
        lengths = [svec_length(size) for size in self.sizes]
        return np.concatenate([[0], np.cumsum(lengths, dtype=np.intp)]).astype(np.intp)

    @cached_property
    def groups(self) -> tuple[tuple[int, NDArray[np.intp]], ...]:
        """For each block size, the rows of `operator` of all blocks of that size, shape (blocks, svec length)."""
        sizes = np.asarray(self.sizes, dtype=np.intp)
        found = []
        for size in np.unique(sizes):
            starts = self.offsets[:-1][sizes == size]
            found.append((int(size), starts[:, None] + np.arange(svec_length(int(size)))))
        return tuple(found)

    def split(self, rows: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """Cut a vector over the rows of `operator` into one svec a block."""
        return np.split(rows, self.offsets[1:-1])

    def write_sdpa(self, path: str | PathLike[str]) -> None:
        """Write the program in SDPA sparse format (``.dat-s``); see `momentsos.sdp.write_sdpa`."""
        from .sdpa_format import write_sdpa

        write_sdpa(self, path)
