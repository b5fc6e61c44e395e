"""Small files in the style of SDPLIB, with optima in closed form or from elsewhere, solved to their digits.

The families are those of B. Borchers, *SDPLIB 1.2*, Optimization Methods and Software 11 (1999).
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import scipy.optimize
from solvers.round_trip import assert_round_trip

from momentsos.sdp import read_sdpa
from momentsos.solvers import SolverOptions
from momentsos.solvers.registry import SOLVERS

THREE = ["native", "clarabel", "cvxopt"]


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


def truss(columns: int) -> tuple[str, float]:
    """truss: the stiffest truss of a given volume on a grid, held on the left, loaded at the lower right.

    Minimise τ subject to [[τ, fᵀ], [f, Σ t_i b_i b_iᵀ]] ⪰ 0, t ≥ 0, Σ t_i ≤ 1, for bars of direction and inverse
    length b_i. The optimum is the square of the value of a linear program, min ‖q‖₁ subject to Σ q_i b_i = f
    (Ben-Tal and Zowe, SIAM J. Optim. 5 (1995)).
    """
    nodes = [(i, j) for i in range(columns) for j in range(2)]
    free = {node: k for k, node in enumerate(node for node in nodes if node[0])}
    bars = []
    for a, b in itertools.combinations(nodes, 2):
        along = np.subtract(b, a)
        vector = np.zeros(2 * len(free))
        for node, sign in ((a, -1.0), (b, 1.0)):
            if node in free:
                vector[2 * free[node] : 2 * free[node] + 2] = sign * along / (along @ along)
        if vector.any():
            bars.append(vector)
    load = np.zeros(2 * len(free))
    load[2 * free[(columns - 1, 0)] + 1] = -1.0
    split = np.array(bars).T
    lightest = scipy.optimize.linprog(np.ones(2 * len(bars)), A_eq=np.hstack([split, -split]), b_eq=load)
    entries = [(0, 1, 1, k + 2, -value) for k, value in enumerate(load) if value]
    entries += [(0, 2, len(bars) + 1, len(bars) + 1, -1.0), (1, 1, 1, 1, 1.0)]
    for number, bar in enumerate(bars, start=2):
        used = np.flatnonzero(bar)
        entries += [(number, 1, i + 2, j + 2, bar[i] * bar[j]) for i in used for j in used if i <= j]
        entries += [(number, 2, number - 1, number - 1, 1.0), (number, 2, len(bars) + 1, len(bars) + 1, -1.0)]
    plain = [(*map(int, entry[:4]), float(entry[4])) for entry in entries]
    return sdpa_file([1.0] + [0.0] * len(bars), [1 + len(load), -len(bars) - 1], sorted(plain)), lightest.fun**2


def quadratic_assignment(n: int, seed: int) -> tuple[str, float]:
    """qap: the eigenvalue bound of a quadratic assignment problem, as a Lagrangian dual.

    Maximise tr S + tr T subject to B ⊗ A - I ⊗ S - T ⊗ I ⪰ 0; the value is the least scalar product of the
    eigenvalues of A and B (Anstreicher and Wolkowicz, SIAM J. Matrix Anal. Appl. 22 (2000)). T_11 is fixed to 0,
    because S + cI and T - cI are the same.
    """
    rng = np.random.default_rng(seed)
    one, other = (np.triu(rng.integers(0, 10, (n, n)), 1).astype(float) for _ in range(2))
    one, other = one + one.T, other + other.T
    unit, matrices, cost = np.eye(n), [-np.kron(other, one)], []
    for side, (i, j) in itertools.product((0, 1), itertools.combinations_with_replacement(range(n), 2)):
        if (side, i, j) != (1, 0, 0):
            basis = np.zeros((n, n))
            basis[i, j] = basis[j, i] = 1.0
            matrices.append(-(np.kron(basis, unit) if side else np.kron(unit, basis)))
            cost.append(-float(i == j))
    entries = [
        (k, 1, int(i) + 1, int(j) + 1, float(matrix[i, j]))
        for k, matrix in enumerate(matrices)
        for i, j in zip(*np.nonzero(np.triu(matrix)), strict=True)
    ]
    values = np.linalg.eigvalsh(one) @ np.linalg.eigvalsh(other)[::-1]
    return sdpa_file(cost, [n * n], entries), -float(values)


PUBLISHED = {
    "mcp5": max_cut(5),
    "mcp9": max_cut(9),
    "theta5": theta(5),
    "theta11": theta(11),
    "control1": control(),
    "truss3": truss(3),
    "truss4": truss(4),
    "qap3": quadratic_assignment(3, 0),
    "qap4": quadratic_assignment(4, 1),
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
