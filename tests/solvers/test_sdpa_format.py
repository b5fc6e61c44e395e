"""Files in SDPA sparse format: the same program bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from catalogue import BY_NAME
from hypothesis import given, settings
from hypothesis import strategies as st
from solvers.round_trip import assert_round_trip

import momentsos as ms
from momentsos.errors import InvalidInput
from momentsos.sdp import SDP, read_sdpa, svec_length
from momentsos.solvers import SolverOptions
from momentsos.solvers.registry import SOLVERS


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
        ("", "no head of four lines"),
        ("1\n1\n2\n", "no head of four lines"),
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


def test_a_file_that_cannot_be_read_is_refused_in_one_line(tmp_path) -> None:
    for path in (tmp_path / "missing.dat-s", tmp_path):
        with pytest.raises(InvalidInput, match="cannot read"):
            read_sdpa(path)
