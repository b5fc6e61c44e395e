"""Scaling: the same scales from compiled sweeps, and from blocks that are alike taken together."""

import numpy as np
import pytest
import scipy.sparse as sp
from solvers.programs import REQUIRED

from momentsos.sdp import SDP, svec_index, svec_length
from momentsos.solvers.native import geometric, scaling
from momentsos.solvers.native.geometric import geometric_scales


def badly_scaled(rng, sizes, n=7, alike=True):
    """Blocks of which those of one size have the same non-zeros, or not, of many orders of magnitude."""
    rows = []
    masks = {size: rng.random((svec_length(size), n)) < 0.5 for size in sizes}
    for size in sizes:
        mask = masks[size] if alike else rng.random((svec_length(size), n)) < 0.5
        rows.append(mask * np.exp(6.0 * rng.standard_normal(mask.shape)))
    equalities = np.exp(6.0 * rng.standard_normal((2, n)))
    return SDP(
        np.exp(6.0 * rng.standard_normal(n)),
        sp.csr_matrix(equalities),
        np.ones(2),
        sp.csr_matrix(np.concatenate(rows)),
        tuple(sizes),
    )


def least_squares(sdp):
    """Return the logarithms of all scales from all equations, of the smallest norm: moments, then rows of blocks."""
    first = sdp.n_moments + np.concatenate([[0], np.cumsum(sdp.sizes)])
    equations, right = [], []
    total = int(first[-1]) + sdp.right_side.size + 1
    for j, size in enumerate(sdp.sizes):
        for row, i, k in zip(
            sdp.operator[sdp.offsets[j] : sdp.offsets[j + 1]].toarray(), *svec_index(size), strict=True
        ):
            for moment in np.flatnonzero(row):
                equations.append(np.bincount([moment, first[j] + i, first[j] + k], minlength=total))
                right.append(-np.log2(abs(row[moment])))
    for number, row in enumerate(np.vstack([sdp.equalities.toarray(), sdp.cost])):
        for moment in np.flatnonzero(row):
            equations.append(np.bincount([moment, first[-1] + number], minlength=total))
            right.append(-np.log2(abs(row[moment])))
    matrix = np.array(equations, dtype=float)
    answer = np.linalg.lstsq(matrix, np.array(right), rcond=None)[0]
    return answer[: sdp.n_moments], np.split(answer[sdp.n_moments : first[-1]], first[1:-1] - sdp.n_moments)


@pytest.mark.parametrize("sizes", [(3, 3, 3), (1, 3, 2, 3, 1, 1), (4,), (2, 5, 5, 2)])
@pytest.mark.parametrize("alike", [True, False])
def test_geometric_scales_solve_the_least_squares_problem(sizes, alike, rng):
    sdp = badly_scaled(rng, sizes, alike=alike)
    moments, rows = geometric_scales(sdp)
    logarithms, sides = least_squares(sdp)
    assert np.abs(np.log2(moments) - logarithms).max() <= 0.51
    for j, (size, own) in enumerate(zip(sdp.sizes, sides, strict=True)):
        row, column = svec_index(size)
        expected = np.round(own[row]) + np.round(own[column])
        assert np.abs(np.log2(rows[sdp.offsets[j] : sdp.offsets[j + 1]]) - expected).max() <= 2.0


def test_a_zero_that_is_stored_is_no_entry(rng):
    sdp = badly_scaled(rng, (3, 3, 3, 2, 2))
    stored = sdp.operator.tocoo()
    empty = np.argwhere(sdp.operator.toarray() == 0)[:4]
    rows, columns = np.concatenate([stored.row, empty[:, 0]]), np.concatenate([stored.col, empty[:, 1]])
    values = np.concatenate([stored.data, np.zeros(len(empty))])
    operator = sp.csr_matrix((values, (rows, columns)), shape=stored.shape)
    assert operator.nnz == stored.nnz + 4
    other = SDP(sdp.cost, sdp.equalities, sdp.right_side, operator, sdp.sizes)
    for one, two in zip(geometric_scales(sdp), geometric_scales(other), strict=True):
        assert np.array_equal(one, two)


@pytest.mark.parametrize("alike", [True, False])
def test_compiled_scales_are_those_of_numpy(alike, rng, monkeypatch):
    if scaling.sweeps is None and "compiled" not in REQUIRED:
        pytest.skip("the compiled core was not built")
    for sizes in [(3, 3, 1, 2, 3), (6,), (1, 1, 1), (2, 5, 2, 2, 5)]:
        sdp = badly_scaled(rng, sizes, alike=alike)
        quick = scaling.equilibrate(sdp)
        with monkeypatch.context() as without:
            without.setattr(scaling, "sweeps", None)
            without.setattr(geometric, "sweeps", None)
            slow = scaling.equilibrate(sdp)
        assert np.array_equal(quick.moments, slow.moments) and np.array_equal(quick.rows, slow.rows)
        assert np.ptp(np.log2(quick.moments)) > 1.0


def test_large_least_squares_problems_are_solved_by_an_iteration(rng, monkeypatch):
    sdp = badly_scaled(rng, (3, 2, 3, 3))
    exact = geometric.geometric_scales(sdp)
    monkeypatch.setattr(geometric, "_FACTORED", 0)
    for one, two in zip(exact, geometric.geometric_scales(sdp), strict=True):
        assert np.abs(np.log2(one) - np.log2(two)).max() <= 2.0
