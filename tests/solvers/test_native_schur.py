"""All ways to form the Schur complement agree with its definition."""

import numpy as np
import pytest

from momentsos.solvers.native.core.numpy.entries import Entries
from momentsos.solvers.native.core.numpy.folding import fold
from momentsos.solvers.native.core.numpy.shared_term import find_shifts, make_shared
from momentsos.solvers.native.core.numpy.sparse_term import make_sparse
from momentsos.solvers.native.core.numpy.terms import Stacks, local_moments, make_linear, make_local, make_stacked
from momentsos.solvers.native.prepare.cone import make_cone


def localizing(rng, count, size, n, shifts, density=0.3):
    """Blocks `Σ_m g_jm P_m` with random symmetric shifts, as a dense array (count, size, size, n)."""
    patterns = rng.random((shifts, size, size, n)) < density / size
    patterns = patterns | patterns.swapaxes(1, 2)
    return np.einsum("jm,mikn->jikn", rng.standard_normal((count, shifts)), patterns.astype(float))


def as_entries(data):
    n = data.shape[-1]
    rows = data.reshape(-1, n)
    row, moment = np.nonzero(rows)
    return Entries(row, moment, rows[row, moment], n)


def stacks(rng, count, size):
    roots = rng.standard_normal((2, count, size, size))
    gram, slack = roots @ roots.swapaxes(-1, -2) + 0.1 * np.eye(size)
    return Stacks(
        gram,
        np.linalg.inv(slack),
        np.linalg.cholesky(gram),
        np.linalg.cholesky(slack),
        np.linalg.inv(np.linalg.cholesky(slack)),
    )


def definition(data, at):
    moved = np.einsum("jik,jkln,jlm->jimn", at.gram, data, at.inverse)
    return np.einsum("jika,jikb->ab", data, moved)


@pytest.mark.parametrize(
    ("count", "size", "n", "shifts"), [(7, 3, 12, 4), (5, 8, 30, 3), (1, 9, 25, 2), (12, 5, 40, 6)]
)
def test_ways_agree(count, size, n, shifts):
    rng = np.random.default_rng(size)
    data = localizing(rng, count, size, n, shifts)
    at, entries, (group,) = stacks(rng, count, size), as_entries(data), make_cone((size,) * count).groups
    expected = definition(data, at)
    folding = fold(entries, group)
    local = make_local(folding, local_moments(folding))
    terms = [make_stacked(folding), local, make_sparse(entries, group)]
    found = find_shifts(folding)
    assert found is not None
    if count > shifts:
        assert found.coefficients.shape[0] <= 2**shifts
    terms.append(make_shared(folding, found, np.ones(n)))
    for term in terms:
        schur = np.zeros((n, n), order="F")
        term.add(schur, at)
        assert np.allclose(np.tril(schur), np.tril(expected), rtol=1e-10, atol=1e-10 * np.abs(expected).max())


@pytest.mark.parametrize("density", [0.005, 0.5])
def test_linear_blocks(density):
    rng = np.random.default_rng(0)
    data = (rng.random((50, 1, 1, 40)) < density) * rng.standard_normal((50, 1, 1, 40))
    at = stacks(rng, 50, 1)
    schur = np.zeros((40, 40), order="F")
    make_linear(as_entries(data), 50).add(schur, at)
    assert np.allclose(np.tril(schur), np.tril(definition(data, at)))
