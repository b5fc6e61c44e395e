"""Writing a program in SDPA sparse format and reading it again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import scipy.sparse as sp

from momentsos.sdp import SDP, read_sdpa, write_sdpa


def assert_same(first: SDP, second: SDP) -> None:
    """Compare two programs bit for bit."""
    assert first.sizes == second.sizes
    assert first.cost.tobytes() == second.cost.tobytes()
    assert first.right_side.tobytes() == second.right_side.tobytes()
    for one, other in ((first.operator, second.operator), (first.equalities, second.equalities)):
        one, other = sp.coo_matrix(one), sp.coo_matrix(other)
        assert one.shape == other.shape
        orders = [np.lexsort((matrix.col, matrix.row)) for matrix in (one, other)]
        for name in ("row", "col", "data"):
            ours, theirs = (getattr(m, name)[o] for m, o in zip((one, other), orders, strict=True))
            assert np.array_equal(ours, theirs)


def assert_round_trip(sdp: SDP, folder: Path) -> None:
    """Write, read, write: both programs and both files are the same."""
    write_sdpa(sdp, folder / "first.dat-s")
    again = read_sdpa(folder / "first.dat-s")
    assert_same(sdp, again)
    write_sdpa(again, folder / "second.dat-s")
    assert (folder / "first.dat-s").read_bytes() == (folder / "second.dat-s").read_bytes()
