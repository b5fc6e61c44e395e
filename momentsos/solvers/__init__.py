"""SDP solvers behind one contract."""

from .automatic import solve_sdp
from .contract import Solver, SolverOptions, finish
from .registry import Availability, available_solvers, describe_choice, describe_core, solver_named

__all__ = [
    "Availability",
    "Solver",
    "SolverOptions",
    "available_solvers",
    "describe_choice",
    "describe_core",
    "finish",
    "solve_sdp",
    "solver_named",
]
