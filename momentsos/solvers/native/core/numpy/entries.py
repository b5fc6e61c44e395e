"""The non-zeros of the blocks as triples, and those of one group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ...arrays import Array
from ...prepare.cone import Group


@dataclass(frozen=True, eq=False)
class Entries:
    """Triples `(flat row, moment, value)`, both halves of each symmetric block.

    Attributes
    ----------
    rows, moments : integer arrays
    values : array
    n : int
        The number of moments.
    """

    rows: NDArray[np.intp]
    moments: NDArray[np.intp]
    values: Array
    n: int

    def without_zeros(self) -> Entries:
        """Return the entries that are not zero."""
        if self.values.all():
            return self
        keep = np.flatnonzero(self.values)
        return Entries(self.rows[keep], self.moments[keep], self.values[keep], self.n)

    def of(self, group: Group) -> Entries:
        """Return the entries of one group, rows counted from its start."""
        length = group.count * group.size**2
        if length > self.rows.max(initial=-1) and group.start == 0:
            return self
        keep = np.flatnonzero((self.rows >= group.start) & (self.rows < group.start + length))
        return Entries(self.rows[keep] - group.start, self.moments[keep], self.values[keep], self.n)

    def matrix(self, rows: int) -> sp.csr_matrix:
        """Return the entries as a matrix with `rows` rows."""
        return sp.csr_matrix((self.values, (self.rows, self.moments)), shape=(rows, self.n))
