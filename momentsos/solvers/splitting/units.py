"""The units of the iteration: rows of blocks of about one length, a cost of length one; and the way back."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ...sdp import SDP

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scaled:
    """A program in the units of the iteration.

    Attributes
    ----------
    program : SDP
    rows : (rows,) array
        By which the rows of the blocks were multiplied, one number a block.
    cost : float
        By which the cost was divided.
    """

    program: SDP
    rows: Floats
    cost: float

    @classmethod
    def of(cls, sdp: SDP) -> Scaled:
        """Scale a program."""
        squares = np.asarray(sdp.operator.multiply(sdp.operator).sum(axis=1)).reshape(-1)
        sizes = np.asarray(sdp.sizes, dtype=np.float64)
        lengths = np.sqrt(np.add.reduceat(squares, sdp.offsets[:-1]) / np.maximum(sizes, 1.0))
        lengths = np.where(lengths > 0.0, lengths, 1.0)
        factors = np.repeat(lengths[0] / lengths, np.diff(sdp.offsets))
        cost = float(np.linalg.norm(sdp.cost)) or 1.0
        operator = sdp.operator if len(sizes) == 1 else sp.csr_matrix(sp.diags(factors) @ sdp.operator)
        return cls(replace(sdp, operator=operator, cost=sdp.cost / cost), factors, cost)

    def back(self, rows: Floats, multipliers: Floats) -> tuple[Floats, Floats]:
        """Return dual blocks and multipliers in the units of the program that was given."""
        return self.cost * self.rows * rows, self.cost * multipliers
