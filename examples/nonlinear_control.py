r"""Optimal control of a nonlinear system in discrete time, to proven global optimality.

Minimise :math:`\sum_i (u_i^2 + x_i^2 / 2) + x_N^2` subject to :math:`x_{i+1} = x_i - x_i^3 / 4 + u_i`, :math:`x_0 = 1`.
Each equation has three of the 2 N + 1 variables, so `auto` takes the sparse hierarchy.
"""

from __future__ import annotations

import sys

import numpy as np

import momentsos as ms


def control(steps: int) -> ms.Problem:
    """Return the problem; states are the variables of even number, controls those of odd number."""
    v = ms.variables(*(f"{name}{i}" for i in range(steps + 1) for name in "xu"))
    x, u = v[::2], v[1::2]
    cost = sum(u[i] ** 2 + x[i] ** 2 / 2 for i in range(steps)) + x[steps] ** 2
    dynamics = [x[i + 1] - x[i] + x[i] ** 3 / 4 - u[i] for i in range(steps)]
    return ms.Problem(minimize=cost, equalities=[x[0] - 1, *dynamics], variables=cost.variables[:-1])


def main(steps: int = 20) -> ms.Result:
    """Solve, certify and print."""
    problem = control(steps)
    result = ms.solve(problem)
    print(result)
    print(result.reason)
    certificate = result.certify()
    print("proved:", float(certificate.bound), "to", float(certificate.upper_bound or np.nan))
    print("controls:", np.round(result.minimizers[0][1::2][:5], 4), "...")
    return result


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
