"""Which programs are for the dense compiled iteration, and what it keeps."""

from __future__ import annotations

import numpy as np

from ....machine.caches import kept_beside
from ....sdp import SDP
from ....sdp.svec import svec_length
from .. import rules


@kept_beside(1)
def fits_densely(sdp: SDP) -> bool:
    """Return whether the dense compiled iteration is the quickest, by the multiplications for its Schur complement.

    This is asked several times in a solve. With more than 150 moments, blocks that see few pairs of them are for sparse
    matrices.
    """
    n = sdp.n_moments
    unknowns = max(1, n - sdp.right_side.shape[0])
    if not n or not sdp.operator.shape[0] or unknowns > rules.MOST_UNKNOWNS:
        return False
    bounds = sdp.operator.indptr[sdp.offsets]
    lengths, entries = sdp.offsets[1:] - sdp.offsets[:-1], bounds[1:] - bounds[:-1]
    if svec_length(max(sdp.sizes)) > rules.TALLEST:
        return False
    seen = np.minimum(entries, n)
    if n > rules.ALWAYS_DENSE and 2 * int(seen @ seen) < n**2:
        return False
    # The weights of all pairs of entries, and two products with the rows of the block.
    terms = 2 * lengths**2 + entries * (np.minimum(lengths, 2 * seen) + np.minimum(seen, unknowns)) // 2
    return int(terms.sum()) <= rules.LONGEST


def dense_bytes(sdp: SDP) -> int:
    """Return an estimate of the peak memory of the compiled iteration: points, metrics and terms of the blocks."""
    n, rows, p = sdp.n_moments, sdp.operator.shape[0], sdp.right_side.shape[0]
    largest = svec_length(max(sdp.sizes, default=0))
    blocks = 2 * rules.COMPILED_VECTORS * rows + 3 * largest * (largest + n) + 6 * sdp.operator.nnz
    return 8 * (6 * n**2 + blocks + 3 * p * n)
