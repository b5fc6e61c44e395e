"""One ReLU, fitted globally."""

from __future__ import annotations

from .cell_programs import DecidingCell
from .queries import QueryResult, relu_queries
from .regression import relu_regression
from .result import CellCertificate, ReluFit

__all__ = ["CellCertificate", "DecidingCell", "QueryResult", "ReluFit", "relu_queries", "relu_regression"]
