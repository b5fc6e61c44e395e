"""What a solve takes, from sizes alone: memory, and seconds where the rank of the blocks is low."""

from __future__ import annotations

from ...sdp import SDP
from . import rules

#: Vectors over the rows of the blocks beside those of the acceleration, and over the moments.
_ROW_VECTORS, _MOMENT_VECTORS = 14, 12
#: Seconds a step: a number of a block's cube, and of a non-zero, both measured on one core.
_CUBE, _ENTRY = 9e-11, 2.5e-8
#: Steps that programs take which a known point closes: 100 to 400, measured.
_STEPS = 300


def memory_bytes(sdp: SDP) -> int:
    """Return an estimate of the peak memory of a solve."""
    rows, largest = sdp.operator.shape[0], max(sdp.sizes, default=0)
    vectors = (2 * rules.MEMORY + _ROW_VECTORS) * rows + _MOMENT_VECTORS * sdp.n_moments
    matrices = 6 * largest**2 + 8 * (sdp.operator.nnz + sdp.equalities.nnz) + _factor_entries(sdp)
    return rules.ALWAYS + 8 * (vectors + matrices)


def likely_seconds(sdp: SDP) -> float:
    """Return about how long a solve takes that starts at the moments of an optimal point."""
    cubes = sum(float(size) ** 3 for size in sdp.sizes)
    return _STEPS * (_CUBE * cubes + _ENTRY * (sdp.operator.nnz + 10 * sdp.operator.shape[0]))


def _factor_entries(sdp: SDP) -> int:
    """Return about how many numbers the factors of the normal equations have."""
    if sdp.operator.nnz == sdp.operator.shape[0]:  # one moment in each entry: they are diagonal
        return 2 * min(len(sdp.right_side), 500) ** 2 + 20 * sdp.equalities.nnz
    n = sdp.n_moments
    return int(min(2.0 * n * n, 400.0 * (sdp.operator.nnz - sdp.operator.shape[0])))
