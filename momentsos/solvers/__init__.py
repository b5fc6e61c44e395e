"""SDP solvers behind one contract."""

from .automatic import solve_sdp
from .contract import KnownPoints, Solver, SolverOptions, finish
from .registry import Availability, available_solvers, describe_choice, describe_core, may_split, solver_named

__all__ = [
    "Availability",
    "KnownPoints",
    "Solver",
    "SolverOptions",
    "available_solvers",
    "describe_choice",
    "describe_core",
    "finish",
    "may_split",
    "solve_sdp",
    "solver_named",
]
