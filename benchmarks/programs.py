"""The semidefinite programs on which solvers are compared, kept as SDPA files so that all get identical ones."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import numpy as np
import scipy.sparse as sp

import momentsos as ms
from momentsos.bounds.region import Ball
from momentsos.conditioning.affine import balanced_units, scale_by
from momentsos.hierarchy import request
from momentsos.learning.instances import noisy_instance
from momentsos.polynomials import monomial_basis
from momentsos.relaxations import assemble, dense_plan
from momentsos.sdp import SDP, svec_index
from momentsos.sdp.svec import svec_weights

#: Degrees and orders of the partial relaxations of the mean residual, small ones first.
_PARTIAL = (
    ((1, 1, 1), 1),
    ((2, 2), 1),
    ((2, 3), 1),
    ((2, 2), 2),
    ((3, 2), 1),
    ((2, 3), 2),
    ((2, 2), 3),
    ((2, 3), 3),
    ((3, 2), 2),
    ((3, 2), 3),
)
#: Those of a short run: one of each kind that no solver needs long for.
SHORT = (
    "dense booth",
    "dense six_hump_camel",
    "dense floudas_3_1_3",
    "partial 2,2 order 1",
    "partial 2,2 order 2",
    "partial 3,2 order 2",
    "partial 2,3 squared",
    "maximum cut, 30 nodes, order 1",
    "chain of 20, order 2",
)
_SQUARES = ((2, 2), (2, 3), (3, 2))
_CATALOGUE = (
    "booth",
    "himmelblau",
    "floudas_2_1_1",
    "six_hump_camel",
    "motzkin_on_ball",
    "floudas_3_1_3",
    "hock_schittkowski_71",
    "rosenbrock_4",
    "max_cut_5_cycle",
)


def recorded(call: Callable[[], object]) -> list[SDP]:
    """Return the programs that a call gives to a solver."""
    found: list[SDP] = []
    solve = request.solve_sdp

    def record(name: str, sdp: SDP, options: ms.solvers.SolverOptions) -> object:
        found.append(sdp)
        return solve(name, sdp, options)

    with mock.patch.object(request, "solve_sdp", record):
        call()
    return found


def _learned(degrees: tuple[int, ...], loss: str = "mean_residual", **options: object) -> SDP:
    case = noisy_instance(degrees)
    return recorded(lambda: ms.learn(case.network, case.X, case.Y, loss, method="partial", **options))[0]


def _in_a_ball() -> SDP:
    case = noisy_instance((2, 2))
    problem = ms.formulate(case.network, case.X, case.Y, loss="mean_residual").problem
    fit = ms.learn(case.network, case.X, case.Y, loss="mean_residual")
    ball = Ball.of(np.full(problem.n_variables, 2.0 * float(np.linalg.norm(fit.minimizers[0]))))
    return assemble(dense_plan(scale_by(ball.restrict(problem), np.array(ball.half_axes)).problem, 3)).sdp


def _catalogue(name: str) -> SDP:
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from catalogue import BY_NAME

    problem = BY_NAME[name].problem()
    return assemble(dense_plan(scale_by(problem, balanced_units(problem)).problem, BY_NAME[name].order)).sdp


def _max_cut(nodes: int, order: int) -> SDP:
    """Cuts of a random graph, every edge with probability one half (seed 0)."""
    rng = np.random.default_rng(0)
    names = [f"x{i}" for i in range(nodes)]
    x = ms.variables(" ".join(names))
    edges = np.triu(rng.random((nodes, nodes)) < 0.5, 1)
    objective = sum((x[i] * x[j] for i, j in np.argwhere(edges)), ms.Polynomial.constant(0.0, names))
    return assemble(dense_plan(ms.Problem(objective, equalities=[v * v - 1.0 for v in x]), order)).sdp


def _of_cliques(cliques: list[tuple[int, ...]], order: int) -> SDP:
    """Quartics `(x_a² - x_b)² + (x_c - r)⁴` for each clique `(a, b, c)`, with a moment matrix for each of the cliques.

    Written down clique by clique, so that nothing has the length of all variables.
    """
    rng = np.random.default_rng(0)
    basis = monomial_basis(3, order)
    numbers: dict[tuple[tuple[int, int], ...], int] = {(): 0}

    def moments(clique: tuple[int, ...], exponents: np.ndarray) -> list[int]:
        keys = (tuple(sorted((v, e) for v, e in zip(clique, row, strict=True) if e)) for row in exponents.tolist())
        return [numbers.setdefault(key, len(numbers)) for key in keys]

    row, column = svec_index(len(basis))
    products, names = basis[row] + basis[column], ("a", "b", "c")
    a, b, c = ms.variables(" ".join(names))
    columns, cost = [], []
    for clique in cliques:
        columns += moments(clique, products)
        quartic = (a**2 - b) ** 2 + (c - float(rng.uniform(-1, 1))) ** 4
        cost += list(zip(moments(clique, quartic.exponents), quartic.coefficients.tolist(), strict=True))
    n, place, value = len(numbers), [pair[0] for pair in cost], [pair[1] for pair in cost]
    values = np.tile(svec_weights(len(basis)), len(cliques))
    operator = sp.csr_matrix((values, columns, np.arange(len(columns) + 1)), shape=(len(columns), n))
    normalised = sp.csr_matrix(([1.0], ([0], [0])), shape=(1, n))
    return SDP(np.bincount(place, value, n), normalised, np.ones(1), operator, (len(basis),) * len(cliques))


def _chain(length: int, order: int) -> SDP:
    """A chain of quartics, each in three neighbouring variables."""
    return _of_cliques([(i, i + 1, i + 2) for i in range(length - 2)], order)


def _tree(length: int, order: int) -> SDP:
    """A tree of cliques: each new variable meets two of a clique that is chosen at random (seed 0).

    The second clique is that of a chain, so that all variables have a fourth power, and the program an interior.
    """
    rng = np.random.default_rng(0)
    cliques = [(0, 1, 2), (1, 2, 3)]
    for new in range(4, length):
        old = cliques[int(rng.integers(len(cliques)))]
        first, second = rng.choice(3, 2, replace=False)
        cliques.append((old[first], old[second], new))
    return _of_cliques(cliques, order)


def _recipes() -> dict[str, Callable[[], SDP]]:
    recipes: dict[str, Callable[[], SDP]] = {}
    for name in _CATALOGUE:
        recipes[f"dense {name}"] = lambda name=name: _catalogue(name)
    for degrees, order in _PARTIAL:
        label = f"partial {','.join(map(str, degrees))} order {order}"
        recipes[label] = lambda degrees=degrees, order=order: _learned(degrees, order=order)
    for degrees in _SQUARES:
        label = f"partial {','.join(map(str, degrees))} squared"
        recipes[label] = lambda degrees=degrees: _learned(degrees, loss="mse")
    recipes["maximum cut, 8 nodes, order 2"] = lambda: _max_cut(8, 2)
    recipes["maximum cut, 30 nodes, order 1"] = lambda: _max_cut(30, 1)
    recipes["chain of 20, order 2"] = lambda: _chain(20, 2)
    for length in (40, 100, 1000):
        recipes[f"chain of {length}, order 2"] = lambda length=length: _chain(length, 2)
    recipes["tree of 100, order 2"] = lambda: _tree(100, 2)
    recipes["dense 2,2 order 3 in a ball"] = _in_a_ball
    return recipes


def programs(folder: Path, full: bool = True, only: str = "") -> Iterator[tuple[str, Path]]:
    """Yield the names and files of the programs, made where they are missing; `only` is a part of the name."""
    folder.mkdir(parents=True, exist_ok=True)
    for label, recipe in _recipes().items():
        path = folder / (label.replace(",", "").replace(" ", "_") + ".dat-s")
        if only in label and (full or label in SHORT):
            if not path.exists():
                part = path.with_suffix(".part")
                recipe().write_sdpa(part)
                part.replace(path)
            yield label, path
