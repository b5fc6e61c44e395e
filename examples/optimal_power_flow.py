r"""Optimal power flow: the cheapest generation that meets every load, with a proof, on networks of 9 to 118 buses.

With voltages :math:`V_k = e_k + i f_k` and the admittance matrix :math:`Y`, bus :math:`k` feeds
:math:`S_k = V_k \overline{\sum_j Y_{kj} V_j}` into the network: generation less load. Unknown are the voltages, the
active power :math:`p` of each generator and, where a line has a limit, the power :math:`a + ib` that enters it at
either end. Everything is quadratic:

- balance: :math:`\operatorname{Re} S_k = \sum_{i \in k} p_i - d_k`, and the reactive power within limits of generators;
- limits: :math:`v_-^2 \le e_k^2 + f_k^2 \le v_+^2`, :math:`p_- \le p \le p_+`, :math:`a^2 + b^2 \le s_+^2`;
- cost: a quadratic polynomial of each :math:`p`. One bus has the angle zero; limits of angles these networks have not.

The relaxation of order one, with a block for each clique of the network, is Shor's (Lavaei and Low, *Zero duality gap
in optimal power flow problem*, 2012; Jabr 2012 for the cliques). The networks come with the extra `power` (PYPOWER,
after MATPOWER), in units of their base power, and its local method is there to compare with.

Run: python examples/optimal_power_flow.py [9 14 30 57 118]
"""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np

import momentsos as ms

CASES = ("9", "14", "30", "57", "118")
#: Columns of PYPOWER's tables (its manual, appendix B): buses, generators, branches.
KIND, LOAD, REACTIVE_LOAD, MOST_VOLTS, LEAST_VOLTS = 1, 2, 3, 11, 12
PLACE, MOST_REACTIVE, LEAST_REACTIVE, MOST, LEAST = 0, 3, 4, 8, 9
RATE, COSTS = 5, 4
#: The kind of the bus whose angle is zero; a line whose limit is larger than this, in base powers, has none.
REFERENCE, UNLIMITED = 3, 90.0


def power(volts: list[tuple[Any, Any]], k: int, admittances: Any) -> tuple[Any, Any]:
    """Return active and reactive power that bus `k` feeds into what has these admittances, a sparse row."""
    active, reactive = 0, 0
    e, f = volts[k]
    for j, y in zip(admittances.indices, admittances.data, strict=True):
        real, imaginary = e * volts[j][0] + f * volts[j][1], f * volts[j][0] - e * volts[j][1]
        active = active + float(y.real) * real + float(y.imag) * imaginary
        reactive = reactive + float(y.real) * imaginary - float(y.imag) * real
    return active, reactive


def power_flow_problem(case: dict[str, Any]) -> ms.Problem:
    """Return the problem of a network in PYPOWER's format, all of whose costs are quadratic."""
    from pypower.api import ext2int, makeYbus

    network = ext2int(case)
    base, buses, generators, branches = (network[key] for key in ("baseMVA", "bus", "gen", "branch"))
    whole, *ends = (each.tocsr() for each in makeYbus(base, buses, branches))
    volts = list(
        zip(
            ms.variables([f"e{k}" for k in range(len(buses))]),
            ms.variables([f"f{k}" for k in range(len(buses))]),
            strict=True,
        )
    )
    made = list(ms.variables([f"p{i}" for i in range(len(generators))]))
    cost, inequalities, equalities = 0, [], []
    for k, bus in enumerate(buses):
        active, reactive = power(volts, k, whole[k])
        there = np.flatnonzero(generators[:, PLACE] == k)
        equalities.append(active + bus[LOAD] / base - sum(made[i] for i in there))
        supply = reactive + bus[REACTIVE_LOAD] / base
        if len(there):
            least, most = generators[there][:, [LEAST_REACTIVE, MOST_REACTIVE]].sum(axis=0) / base
            inequalities += [supply - least, most - supply]
        else:
            equalities.append(supply)
        square = volts[k][0] ** 2 + volts[k][1] ** 2
        inequalities += [square - bus[LEAST_VOLTS] ** 2, bus[MOST_VOLTS] ** 2 - square]
    for p, generator, prices in zip(made, generators, network["gencost"], strict=False):
        least, most = generator[[LEAST, MOST]] / base
        inequalities.append((p - least) * (most - p))
        second, first, fixed = prices[COSTS : COSTS + 3]
        cost = cost + second * (base * p) ** 2 + first * base * p + fixed
    for line, branch in enumerate(branches):
        if not 0 < branch[RATE] < UNLIMITED * base:
            continue
        for end, admittances in enumerate(ends):
            a, b = ms.variables([f"a{line}_{end}", f"b{line}_{end}"])
            active, reactive = power(volts, int(branch[end]), admittances[line])
            equalities += [active - a, reactive - b]
            inequalities.append((branch[RATE] / base) ** 2 - a**2 - b**2)
    e, f = volts[int(np.flatnonzero(buses[:, KIND] == REFERENCE)[0])]
    return ms.Problem(minimize=cost, inequalities=[*inequalities, e], equalities=[*equalities, f])


def main(names: list[str]) -> None:
    """Bound and solve the networks named, and print a table."""
    import pypower.api

    print(f"{'buses':>5} {'unknowns':>8} {'lower bound':>13} {'cost':>13} {'PYPOWER':>13} {'gap':>8} {'s':>6}  status")
    for name in names or CASES:
        case = getattr(pypower.api, f"case{name}")
        local = pypower.api.runopf(case(), pypower.api.ppoption(VERBOSE=0, OUT_ALL=0))["f"]
        began = time.process_time()
        problem = power_flow_problem(case())
        result = ms.solve(problem, method="sparse", order=1)
        seconds = time.process_time() - began
        upper = np.nan if result.upper_bound is None else result.upper_bound
        print(
            f"{name:>5} {problem.n_variables:8} {result.lower_bound:13.4f} {upper:13.4f} {local:13.4f} "
            f"{1 - result.lower_bound / upper:8.1e} {seconds:6.1f}  {result.status}"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
