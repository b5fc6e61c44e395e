"""The extreme eigenvalues of many blocks, and the residuals made of them: the same compiled and in NumPy."""

import numpy as np
import pytest
import scipy.sparse as sp
from solvers.programs import REQUIRED

from momentsos.sdp import SDP, residuals, svec

if residuals.extremes is None and "compiled" not in REQUIRED:
    pytest.skip("the compiled core was not built", allow_module_level=True)

SIZES = (1, 2, 3, 5, 10, 35)


def blocks(kind, size, rng):
    """A stack of symmetric matrices: definite, of one rank and within rounding of it, indefinite, or zero."""
    root = rng.standard_normal((30, size, size if kind != "singular" else 1))
    gram = root @ root.transpose(0, 2, 1)
    if kind == "nearly singular":
        vector = rng.standard_normal((30, size, 1))
        noise = root + root.transpose(0, 2, 1)
        return vector @ vector.transpose(0, 2, 1) + 10.0 ** rng.uniform(-14, -6, (30, 1, 1)) * noise
    if kind == "indefinite":
        return root + root.transpose(0, 2, 1)
    return gram if kind != "zero" else 0.0 * gram


@pytest.mark.parametrize("kind", ["definite", "singular", "nearly singular", "indefinite", "zero"])
@pytest.mark.parametrize("size", SIZES)
def test_extremes_are_those_of_all_eigenvalues(kind, size):
    rng = np.random.default_rng(size)
    for low, high in ((0.0, 0.0), (1e-9, 1.0), (1.0, 100.0)):
        stack = blocks(kind, size, rng)
        values = np.linalg.eigvalsh(stack)
        expected = max(low, -float(values.min())), max(high, float(np.abs(values).max()))
        found = residuals.extremes.widened(stack, low, high)
        assert found == pytest.approx(expected, rel=1e-13, abs=size * 1e-15 * expected[1])


def test_residuals_are_those_without_compiled_code(monkeypatch):
    rng = np.random.default_rng(3)
    sizes = [size for size in SIZES for _ in range(4)]
    stacks = [blocks("nearly singular", size, rng)[0] for size in sizes]
    rows = np.concatenate([svec(stack) for stack in stacks])
    sdp = SDP(np.ones(2), sp.csr_matrix((0, 2)), np.zeros(0), sp.csr_matrix((len(rows), 2)), tuple(sizes))
    quick = residuals.cone_violation(rows, sdp)
    monkeypatch.setattr(residuals, "extremes", None)
    slow = residuals.cone_violation(rows, sdp)
    assert quick == pytest.approx(slow, rel=1e-12) and slow[0] > 0


def test_blocks_without_eigenvalues_are_an_error():
    stack = np.full((1, 4, 4), np.nan)
    with pytest.raises(np.linalg.LinAlgError):
        residuals.extremes.widened(stack, 0.0, 0.0)
