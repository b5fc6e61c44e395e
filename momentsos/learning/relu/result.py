"""What a ReLU regression found, and what it proves."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import InvalidInput
from ...hierarchy.status import Status
from ...machine.checks import real_array
from ...machine.documents import write_document
from ...machine.notebooks import Row
from ...machine.records import Record
from ..unit_documents import RELU, relu_document
from .cell_programs import DecidingCell

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class CellCertificate(Record):
    """How each cell was shown to hold nothing better: the closed cells cover all weights and biases.

    Attributes
    ----------
    cells : int
        All cells of the arrangement of the samples.
    by_least_squares : int
        Cells whose least-squares value, with rounding errors bounded, is no better than the upper bound.
    by_multipliers : int
        Cells for which multipliers of the signs, and weak duality in floats with bounded rounding errors, show it.
    deciding : tuple of DecidingCell
        All others: their minima were bounded in rational numbers.
    """

    cells: int
    by_least_squares: int
    by_multipliers: int
    deciding: tuple[DecidingCell, ...]


@dataclass(frozen=True, eq=False, repr=False)
class ReluFit(Record):
    r"""The best :math:`y \approx \max(0, w^\top x + b)` in the mean squared error.

    Attributes
    ----------
    status : Status
        ``CERTIFIED`` where the bounds meet, ``BOUNDED`` otherwise.
    weights : (d,) array
    bias : float
    lower_bound, upper_bound : float
        Of the least mean squared residual, over all weights and biases. The upper one is the loss of `weights` and
        `bias` in rational arithmetic, rounded up; the lower one was rounded down.
    certificate : CellCertificate
    seconds : float
    """

    status: Status
    weights: Floats
    bias: float
    lower_bound: float
    upper_bound: float
    certificate: CellCertificate
    seconds: float

    @property
    def loss(self) -> float:
        """The mean squared residual of `weights` and `bias`."""
        return self.upper_bound

    def to_json(self, path: str | PathLike[str]) -> None:
        """Write the fit to a file, from which `momentsos.load` reads it whole.

        Raises
        ------
        InvalidInput
            The file cannot be written.
        """
        write_document(path, RELU, relu_document(self))

    def _table_rows(self) -> list[Row]:
        known = self.certificate
        return [
            ("status", self.status.name),
            ("weights", np.array2string(self.weights, precision=6, threshold=12)),
            ("bias", f"{self.bias:.6g}"),
            ("bounds", f"{self.lower_bound:.10g} to {self.upper_bound:.10g}"),
            ("cells", f"{known.cells:,}, of these {len(known.deciding):,} decided in rational numbers"),
            ("seconds", f"{self.seconds:.2f}"),
        ]

    def __str__(self) -> str:
        known = self.certificate
        return (
            f"{self.status.name}: mean squared error from {self.lower_bound:.10g} to {self.upper_bound:.10g} over all "
            f"weights and biases; {known.cells:,} cells, {len(known.deciding):,} decided in rational numbers"
        )

    def predict(self, X: ArrayLike) -> Floats:
        """Return the values of the ReLU for the rows of `X`, shape (N,)."""
        inputs = real_array(X, "X")
        inputs = inputs[:, None] if inputs.ndim == 1 else inputs
        if inputs.ndim != 2 or inputs.shape[1] != len(self.weights):
            raise InvalidInput(f"X: expected shape (N, {len(self.weights)}), got {inputs.shape}")
        return np.asarray(np.maximum(inputs @ self.weights + self.bias, 0.0))
