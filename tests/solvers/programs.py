"""Programs that every solver is asked to solve, and what has to be installed."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import scipy.sparse as sp
from catalogue import BY_NAME

import momentsos as ms
from momentsos.errors import SolverFailed
from momentsos.sdp import SDP, SDPSolution, SDPStatus
from momentsos.solvers import Solver, SolverOptions
from momentsos.solvers.sides import solve_side

#: What `make install` installs has to be there, and what MOMENTSOS_REQUIRED names: `.ci/run` adds `csdp` of Debian.
REQUIRED = {"native", "clarabel", "scs", "sdpa", "cvxopt", "qics", "copt", "cvxpy"}
REQUIRED |= set(os.environ.get("MOMENTSOS_REQUIRED", "").split())

#: Relaxations that are tight, with and without equalities, with blocks of size 1 and without.
BOUNDED = [
    "booth",
    "six_hump_camel",
    "linear_program",
    "nearest_in_annulus",
    "trust_region_3",
    "quadratic_on_simplex",
    "product_on_sphere",
    "max_cut_5_cycle",
    "knapsack_4",
    "hock_schittkowski_71",
    "motzkin_on_ball",
]
INFEASIBLE = [
    "infeasible_half_lines",
    "infeasible_circle_and_line",
    "infeasible_parity",
    "infeasible_below_motzkin",
]
UNBOUNDED = ["unbounded_saddle", "unbounded_cubic"]
QUIET = SolverOptions(threads=1)


def program(name: str) -> SDP:
    case = BY_NAME[name]
    return ms.relax(case.problem(), order=case.order).sdp


def large_program(size: int) -> SDP:
    """Least value of a random linear function over correlation matrices, every entry a moment of its own."""
    rows = size * (size + 1) // 2
    diagonal = [i * (i + 1) // 2 + i for i in range(size)]
    fixed = sp.csr_matrix((np.ones(size), (range(size), diagonal)), shape=(size, rows))
    cost = np.random.default_rng(0).standard_normal(rows)
    return SDP(cost, fixed, np.ones(size), sp.csr_matrix(sp.identity(rows)), (size,))


def solve(solver: Solver, sdp: SDP, options: SolverOptions = QUIET, side: str = "auto") -> SDPSolution:
    """Solve on a side; breaking off with our error counts as an answer without vectors."""
    try:
        return solve_side(solver, sdp, replace(options, side=side))
    except SolverFailed as error:
        return SDPSolution(SDPStatus.FAILED, str(error))
