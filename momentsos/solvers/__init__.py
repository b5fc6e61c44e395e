"""SDP solvers behind one contract."""

from .base import Solver, SolverOptions, finish
from .registry import Availability, available_solvers, solver_named

__all__ = ["Availability", "Solver", "SolverOptions", "available_solvers", "finish", "solver_named"]
