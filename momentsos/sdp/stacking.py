"""One sparse matrix above another."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp


def stacked(above: sp.csr_matrix, below: sp.csr_matrix) -> sp.csr_matrix:
    """Return two matrices with the same columns, one above the other.

    `scipy.sparse.vstack` has NumPy ask matrices for their lengths, and an interruption at that moment is lost.
    """
    pointers = np.concatenate([above.indptr, above.indptr[-1] + below.indptr[1:].astype(np.intp)])
    arrays = np.concatenate([above.data, below.data]), np.concatenate([above.indices, below.indices]), pointers
    return sp.csr_matrix(arrays, shape=(above.shape[0] + below.shape[0], above.shape[1]))
