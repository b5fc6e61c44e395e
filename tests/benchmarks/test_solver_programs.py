"""The programs on which solvers are compared, and how SeDuMi is told of them."""

from __future__ import annotations

import numpy as np
import pytest
from catalogue import BY_NAME

import momentsos as ms
from benchmarks import programs, sedumi, solvers
from momentsos.sdp import smat
from momentsos.solvers import SolverOptions, solver_named


def test_all_solvers_get_the_same_program_from_the_file(tmp_path, monkeypatch) -> None:
    (first,) = programs.programs(tmp_path, only="himmelblau")
    written = first[1].read_bytes()
    monkeypatch.setattr(programs, "_catalogue", lambda name: pytest.fail("made again"))
    assert list(programs.programs(tmp_path, only="himmelblau")) == [first]
    assert first[1].read_bytes() == written
    assert ms.read_sdpa(first[1]).n_moments == 15


def test_the_short_run_has_programs_of_the_full_one() -> None:
    assert set(programs.SHORT) < set(programs._recipes())


def test_a_row_has_time_residual_and_whether_it_failed(tmp_path) -> None:
    rows, text = solvers.run(False, tmp_path, ["native", "scs"], "booth")
    assert [row["solver"] for row in rows] == ["native", "scs"]
    for row in rows:
        assert len(row["seconds"]) == 3 and row["worst_residual"] <= 1e-6 and "failure" not in row
    assert "| native | 1 of 1 |" in text


@pytest.mark.parametrize("name", ["quadratic_on_simplex", "hock_schittkowski_71", "booth"])
def test_sedumi_is_told_the_program_in_its_own_convention(name) -> None:
    r"""A solution of ours satisfies :math:`A x = b`, :math:`c - A^\top y \in K`, :math:`c^\top x = b^\top y`."""
    case = BY_NAME[name]
    sdp = ms.relax(case.problem(), order=case.order).sdp
    answer = solver_named("native").solve(sdp, SolverOptions())
    stated, blocks = sedumi._stated(sdp), sdp.split(answer.gram)
    at, b, c, cone = stated["At"], stated["b"][:, 0], stated["c"][:, 0], stated["K"]
    numbers = [blocks[j] for j, size in enumerate(sdp.sizes) if size == 1]
    matrices = [smat(blocks[j]).ravel() for j, size in enumerate(sdp.sizes) if size > 1]
    x, y = np.concatenate([-answer.equality_duals, *numbers, *matrices]), answer.moments
    assert np.abs(at.T @ x - b).max() <= 1e-8 * (1 + np.abs(b).max())
    assert abs(c @ x - b @ y) <= 1e-8 * (1 + abs(b @ y))
    slack = c - at @ y
    free, linear = int(cone["f"]), int(cone["l"])
    assert np.abs(slack[:free]).max() <= 1e-9 and (slack[free : free + linear] >= -1e-8).all()
    used = free + linear
    for size in cone["s"].astype(int):
        block = slack[used : used + size**2].reshape(size, size)
        assert np.allclose(block, block.T) and np.linalg.eigvalsh(block).min() >= -1e-8 * (1 + np.abs(block).max())
        used += size**2
    assert used == len(slack)
    assert np.allclose(sedumi._gram(sdp, x[free:]), answer.gram)


def test_sedumi_without_its_folder_is_named_as_absent(monkeypatch) -> None:
    monkeypatch.delenv("SEDUMI", raising=False)
    names, absent = solvers.contestants()
    assert "sedumi" not in names and "SEDUMI" in absent["sedumi"]
