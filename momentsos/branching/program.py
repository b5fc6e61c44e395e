"""The linear program of a node, solved by HiGHS; nothing that it says counts until it was checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from .safe import Rows

Floats = NDArray[np.float64]

_FEASIBILITY = 1e-9
_INFINITE = highspy.kHighsInf
_BASIC = highspy.HighsBasisStatus.kBasic


class Outcome(Enum):
    """How a linear program ended."""

    OPTIMAL = "optimal"
    INFEASIBLE = "infeasible"
    LIMIT = "limit"
    FAILED = "failed"


_OUTCOMES = {
    highspy.HighsModelStatus.kOptimal: Outcome.OPTIMAL,
    highspy.HighsModelStatus.kInfeasible: Outcome.INFEASIBLE,
    highspy.HighsModelStatus.kTimeLimit: Outcome.LIMIT,
    highspy.HighsModelStatus.kIterationLimit: Outcome.LIMIT,
}


@dataclass(frozen=True, eq=False)
class Basis:
    """Which columns and rows are basic, or at which bound."""

    columns: tuple[Any, ...]
    rows: tuple[Any, ...]

    def basic_rows(self) -> NDArray[np.bool_]:
        """Return which rows are slack."""
        return np.array([status == _BASIC for status in self.rows], dtype=bool)

    def with_rows(self, kept: Sequence[int], new: int) -> Basis:
        """Return the basis with some of the rows, and new ones that are slack."""
        return Basis(self.columns, (*(self.rows[i] for i in kept), *[_BASIC] * new))


class LinearProgram:
    """One instance of HiGHS that is given one program after the other; it is changed in place."""

    def __init__(self) -> None:
        self._highs = highspy.Highs()
        options: dict[str, bool | int | float | str] = {
            "output_flag": False,
            "threads": 1,
            "presolve": "off",
            "solver": "simplex",
            "primal_feasibility_tolerance": _FEASIBILITY,
            "dual_feasibility_tolerance": _FEASIBILITY,
        }
        for name, value in options.items():
            self._highs.setOptionValue(name, value)
        self.solved, self._loaded = 0, False

    def load(self, cost: Floats, rows: Rows, low: Floats, high: Floats, basis: Basis | None = None) -> None:
        """Take a program."""
        matrix = csr_matrix(rows.coefficients)
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(cost), len(rows)
        lp.col_cost_ = cost
        lp.col_lower_ = np.where(np.isinf(low), -_INFINITE, low)
        lp.col_upper_ = np.where(np.isinf(high), _INFINITE, high)
        lp.row_lower_ = -rows.constants
        lp.row_upper_ = np.where(rows.equal, -rows.constants, _INFINITE)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
        self._loaded = self._highs.passModel(lp) != highspy.HighsStatus.kError
        if basis is not None:
            given = highspy.HighsBasis()
            given.col_status, given.row_status = list(basis.columns), list(basis.rows)
            given.valid, given.alien = True, False
            self._highs.setBasis(given)

    def add(self, rows: Rows) -> None:
        """Add rows."""
        matrix = csr_matrix(rows.coefficients)
        upper = np.where(rows.equal, -rows.constants, _INFINITE)
        self._changed(
            self._highs.addRows(
                len(rows), -rows.constants, upper, matrix.nnz, matrix.indptr[:-1], matrix.indices, matrix.data
            )
        )

    def remove(self, places: NDArray[np.intp]) -> None:
        """Remove rows."""
        self._changed(self._highs.deleteRows(len(places), places.astype(np.int32)))

    def bound(self, column: int, low: float, high: float) -> None:
        """Change the bounds of a column."""
        self._changed(self._highs.changeColBounds(column, low, high))

    def price(self, column: int, cost: float) -> None:
        """Change the cost of a column."""
        self._changed(self._highs.changeColCost(column, cost))

    def _changed(self, answer: highspy.HighsStatus) -> None:
        """Remember a change that was refused: what is loaded is then not the program that was asked for."""
        self._loaded = self._loaded and answer != highspy.HighsStatus.kError

    def run(self, seconds: float) -> Outcome:
        """Solve it within a time limit."""
        self.solved += 1
        if not self._loaded:  # such as for coefficients that HiGHS takes for infinite
            return Outcome.FAILED
        self._highs.setOptionValue("time_limit", float(self._highs.getRunTime() + max(seconds, 1e-3)))
        self._highs.run()
        return _OUTCOMES.get(self._highs.getModelStatus(), Outcome.FAILED)

    @property
    def point(self) -> Floats:
        """The values of the columns."""
        return np.asarray(self._highs.getSolution().col_value, dtype=np.float64)

    @property
    def multipliers(self) -> Floats:
        """The dual value of each row: at least zero for an inequality."""
        return np.asarray(self._highs.getSolution().row_dual, dtype=np.float64)

    @property
    def ray(self) -> Floats | None:
        """A combination of rows that no point of the box satisfies, up to its sign; None without one."""
        _, exists, ray = self._highs.getDualRay()  # type: ignore[attr-defined]
        return np.asarray(ray, dtype=np.float64) if exists else None

    def basis_places(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return the basic columns, and the rows that are not slack."""
        found = self._highs.getBasis()
        columns = np.array([status == _BASIC for status in found.col_status], dtype=bool)
        rows = np.array([status != _BASIC for status in found.row_status], dtype=bool)
        return np.flatnonzero(columns), np.flatnonzero(rows)

    @property
    def basis(self) -> Basis:
        """The basis that the last program ended with."""
        found = self._highs.getBasis()
        return Basis(tuple(found.col_status), tuple(found.row_status))
