"""Power flow of public networks: the published costs, proved."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

import momentsos as ms
from momentsos.points.local_search import LocalSearch

EXAMPLE = Path(__file__).parents[1] / "examples" / "optimal_power_flow.py"
networks = pytest.importorskip("pypower.api", reason="needs the extra `power`")


@pytest.fixture(scope="module")
def problem_of():
    return runpy.run_path(str(EXAMPLE))["power_flow_problem"]


# The costs are those of MATPOWER's manual and of its OPF test cases, to the digits that it prints.
@pytest.mark.parametrize(("name", "published"), [("case9", 5296.69), ("case14", 8081.53)])
def test_the_published_cost_is_proved_to_be_the_least(problem_of, name: str, published: float) -> None:
    result = ms.solve(problem_of(getattr(networks, name)()), method="sparse", order=1)
    assert result.status is ms.Status.CERTIFIED and result.region.everything
    assert result.lower_bound == pytest.approx(published, abs=0.005)


@pytest.mark.parametrize(("name", "published"), [("case30", 576.89), ("case57", 41737.79)])
def test_local_search_meets_hundreds_of_constraints_from_a_flat_start(problem_of, name: str, published: float) -> None:
    problem = problem_of(getattr(networks, name)())
    flat = np.array([1.0 if str(v).startswith("e") else 0.0 for v in problem.variables])
    end = LocalSearch(problem).descend(flat)
    assert end.feasible
    assert end.value == pytest.approx(published, abs=0.005)


def test_voltages_stay_within_their_limits_at_the_minimiser(problem_of) -> None:
    case = networks.case14()
    problem = problem_of(case)
    result = ms.solve(problem, method="sparse", order=1)
    names = [str(v) for v in problem.variables]
    at = dict(zip(names, result.minimizers[0], strict=True))
    volts = np.array([np.hypot(at[f"e{k}"], at[f"f{k}"]) for k in range(14)])
    assert (volts <= case["bus"][:, 11] + 1e-9).all() and (volts >= case["bus"][:, 12] - 1e-9).all()
