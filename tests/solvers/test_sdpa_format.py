"""Files in SDPA sparse format: the same program bit for bit, and known optima with several solvers."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from catalogue import BY_NAME
from hypothesis import given, settings
from hypothesis import strategies as st

import momentsos as ms
from momentsos.errors import InvalidInput
from momentsos.sdp import SDP, read_sdpa, svec_length, write_sdpa
from momentsos.solvers import SolverOptions
from momentsos.solvers.registry import SOLVERS

THREE = ["native", "clarabel", "cvxopt"]


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


@pytest.mark.parametrize("name", ["six_hump_camel", "quadratic_on_simplex", "knapsack_4", "linear_program"])
def test_relaxations_go_and_come_back(name, tmp_path) -> None:
    case = BY_NAME[name]
    assert_round_trip(ms.relax(case.problem(), order=case.order).sdp, tmp_path)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    sizes=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    n=st.integers(1, 5),
    p=st.integers(0, 3),
)
def test_any_program_goes_and_comes_back(tmp_path_factory, seed, sizes, n, p) -> None:
    """Values of any size, most of which are not √2 times any float."""
    rng = np.random.default_rng(seed)

    def values(*shape: int) -> np.ndarray:
        drawn = rng.standard_normal(shape) * 10.0 ** rng.integers(-12, 12, shape)
        return np.where(rng.random(shape) < 0.6, drawn, 0.0)

    rows = sum(map(svec_length, sizes))
    operator, equalities = sp.csr_matrix(values(rows, n)), sp.csr_matrix(values(p, n))
    sdp = SDP(values(n), equalities, values(p), operator, tuple(sizes))
    assert_round_trip(sdp, tmp_path_factory.mktemp("files"))


def test_a_foreign_file_keeps_its_constant_as_a_fixed_unknown(tmp_path) -> None:
    """Example 1 of the SDPA manual: braces, commas, comments, integers, entries below the diagonal."""
    path = tmp_path / "example.dat-s"
    path.write_text(
        '"Example 1: mDim = 3, nBLOCK = 1, {2}"\n   3  =  mDIM\n   1  =  nBLOCK\n  (2)  = bLOCKsTRUCT\n'
        "{48, -8, 20}\n0 1 1 1 -11\n0 1 2 2 23\n1 1 1 1 10\n1 1 2 1 4\n2 1 2 2 -8\n3 1 1 2 -8\n3 1 2 2 -2\n"
    )
    sdp = read_sdpa(path)
    assert sdp.n_moments == 4 and sdp.sizes == (2,)
    answer = SOLVERS["clarabel"]().solve(sdp, SolverOptions())
    assert answer.residuals.primal_objective == pytest.approx(-41.9, abs=1e-6)
    assert_round_trip(sdp, tmp_path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not in the SDPA"),
        ("1\n1\n2\n", "not in the SDPA"),
        ("2\n1\n2\n1.0\n", "lists fewer"),
        ("1\n1\n2\n1.0\n1 1 1 3 1.0\n", "outside"),
        ("1\n1\n2\n1.0\n2 1 1 1 1.0\n", "outside"),
        ("1\n1\n2\n1.0\n1 0 1 1 1.0\n", "outside"),
        ("1\n1\n2\n1.0\n1 1 1 1\n", "not in the SDPA"),
        ("1\n1\n2\n1.0\n1 1 1 2 one\n", "not in the SDPA"),
        ("1\n1\n-2\n1.0\n1 1 1 2 1.0\n", "off the diagonal"),
        ("1\n1\n1000000000\n1.0\n1 1 1 1 1.0\n", "more than"),
        ("1\n1\n2\n1.0\n1 1 1 1 nan\n", "not finite"),
    ],
)
def test_what_is_not_in_the_format_is_refused(text, says, tmp_path) -> None:
    path = tmp_path / "bad.dat-s"
    path.write_text(text)
    with pytest.raises(InvalidInput, match=says):
        read_sdpa(path)


# --- Small files in the style of SDPLIB, with optima in closed form --------------------


def sdpa_file(cost: list[float], sizes: list[int], entries: list[tuple[int, int, int, int, float]]) -> str:
    """Return the text of a file; entries are (unknown, block, row, column, value) counted from 1."""
    lines = [str(len(cost)), str(len(sizes)), " ".join(map(str, sizes)), " ".join(map(repr, cost))]
    return "\n".join([*lines, *(" ".join(map(str, entry)) for entry in entries)]) + "\n"


def max_cut(n: int) -> tuple[str, float]:
    """mcp: maximise <L, X> / 4 over correlation matrices, for the cycle of odd length n.

    In SDPA's form: minimise the sum of y subject to Diag(y) - L / 4 ⪰ 0. By symmetry y is constant and the
    value is n times a quarter of the largest eigenvalue of the Laplacian, (n / 4) (2 + 2 cos(π / n)).
    """
    entries = [(i, 1, i, i, 1.0) for i in range(1, n + 1)]
    entries += [(0, 1, i, i, 0.5) for i in range(1, n + 1)]
    entries += [(0, 1, min(i, i % n + 1), max(i, i % n + 1), -0.25) for i in range(1, n + 1)]
    return sdpa_file([1.0] * n, [n], sorted(entries)), n / 4 * (2 + 2 * math.cos(math.pi / n))


def theta(n: int) -> tuple[str, float]:
    """theta: the Lovász number of the cycle of odd length n, n cos(π / n) / (1 + cos(π / n)).

    Minimise t subject to t I + Σ y_ij (e_i e_jᵀ + e_j e_iᵀ) - J ⪰ 0, the sum over the edges (Lovász 1979).
    """
    edges = [(min(i, i % n + 1), max(i, i % n + 1)) for i in range(1, n + 1)]
    entries = [(0, 1, i, j, 1.0) for i, j in itertools.combinations_with_replacement(range(1, n + 1), 2)]
    entries += [(1, 1, i, i, 1.0) for i in range(1, n + 1)]
    entries += [(k + 2, 1, i, j, 1.0) for k, (i, j) in enumerate(edges)]
    cosine = math.cos(math.pi / n)
    return sdpa_file([1.0] + [0.0] * n, [n], entries), n * cosine / (1 + cosine)


def control() -> tuple[str, float]:
    """control: the H-infinity norm of x' = -x + w, z = x, which is 1, by the bounded real lemma.

    Minimise γ subject to [[2 P, -P, -1], [-P, γ, 0], [-1, 0, γ]] ⪰ 0 and, in a diagonal block, P ≥ 0, γ ≥ 0.
    """
    entries = [
        (0, 1, 1, 3, 1.0),
        (1, 1, 2, 2, 1.0),
        (1, 1, 3, 3, 1.0),
        (2, 1, 1, 1, 2.0),
        (2, 1, 1, 2, -1.0),
        (2, 2, 1, 1, 1.0),
        (1, 2, 2, 2, 1.0),
    ]
    return sdpa_file([1.0, 0.0], [3, -2], entries), 1.0


PUBLISHED = {
    "mcp5": max_cut(5),
    "mcp9": max_cut(9),
    "theta5": theta(5),
    "theta11": theta(11),
    "control1": control(),
}


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("solver", THREE)
def test_files_solve_to_the_published_digits(solver, name, tmp_path) -> None:
    text, optimum = PUBLISHED[name]
    path = tmp_path / f"{name}.dat-s"
    path.write_text(text)
    sdp = read_sdpa(path)
    assert_round_trip(sdp, tmp_path)
    answer = SOLVERS[solver]().solve(sdp, SolverOptions(threads=1))
    assert answer.residuals.primal_objective == pytest.approx(optimum, rel=1e-7)
    assert answer.residuals.dual_objective == pytest.approx(optimum, rel=1e-7)


def test_the_lovasz_number_of_the_5_cycle_is_the_root_of_5() -> None:
    assert theta(5)[1] == pytest.approx(math.sqrt(5))
