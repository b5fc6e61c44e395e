"""The conic standard form of a relaxation, its solution, and the residuals that we recompute ourselves."""

from .diagonal_zeros import forced_zeros, restrict
from .dual import dual_program, from_dual
from .independence import independent_moments, on_moments, search_seconds, spanning_moments
from .infeasibility import DualRay, PrimalRay, check_dual_ray, check_primal_ray
from .program import SDP
from .residuals import Residuals, recompute_residuals
from .sdpa_format import read_sdpa, write_sdpa
from .solution import SDPSolution, SDPStatus
from .svec import (
    congruence,
    lower_by_columns,
    smat,
    svec,
    svec_index,
    svec_length,
    svec_size,
    svec_weights,
)

__all__ = [
    "SDP",
    "DualRay",
    "PrimalRay",
    "Residuals",
    "SDPSolution",
    "SDPStatus",
    "check_dual_ray",
    "check_primal_ray",
    "congruence",
    "dual_program",
    "forced_zeros",
    "from_dual",
    "independent_moments",
    "lower_by_columns",
    "on_moments",
    "read_sdpa",
    "recompute_residuals",
    "restrict",
    "search_seconds",
    "smat",
    "spanning_moments",
    "svec",
    "svec_index",
    "svec_length",
    "svec_size",
    "svec_weights",
    "write_sdpa",
]
