"""The native solver on random programs whose answers are known by construction."""

import numpy as np
import pytest
import scipy.sparse as sp
from catalogue import BY_NAME
from solvers.compiled import needs_compiled

from momentsos import relax
from momentsos.errors import BadOption, ProblemTooLarge
from momentsos.machine.compiled import without_compiled
from momentsos.sdp import SDP, SDPStatus, svec, svec_index
from momentsos.sdp.svec import svec_length
from momentsos.solvers.contract import SolverOptions
from momentsos.solvers.native import NativeSolver, step
from momentsos.solvers.native.prepare.estimates import _shapes, iteration_seconds
from momentsos.solvers.native.prepare.scaling import _is_badly_scaled

IDENTITY_TOLERANCE = 1e-8


@pytest.fixture(params=["compiled", "numpy"])
def core(request):
    """Small programs solved in compiled code, and without it as on a machine without a compiler."""
    if request.param == "numpy":
        with without_compiled():
            yield
    else:
        needs_compiled()
        yield


def solve(sdp: SDP, tol: float = 1e-9, **options):
    return NativeSolver().solve(sdp, SolverOptions(tol=tol, **options))


def random_sizes(rng, choices=(1, 2, 3, 4, 5, 6, 8, 10)):
    return tuple(int(size) for size in rng.choice(choices, rng.integers(1, 10)))


def random_rows(rng, n, sizes, density=1.0):
    """The svec rows of random symmetric blocks, a column a moment."""

    def symmetric(size):
        matrix = rng.standard_normal((size, size)) * (rng.random((size, size)) < density)
        return (matrix + matrix.T) / 2

    return np.vstack([np.array([svec(symmetric(size)) for _ in range(n)]).T for size in sizes])


def complementary(rng, size, strict):
    """Blocks `X` and `S` with `X S = 0`; without strict complementarity they have a common kernel as well."""
    basis, _ = np.linalg.qr(rng.standard_normal((size, size)))
    rank = rng.integers(0, size + 1)
    x = np.where(np.arange(size) < rank, rng.uniform(0.1, 2, size), 0.0)
    s = np.where(np.arange(size) >= rank, rng.uniform(0.1, 2, size), 0.0)
    if not strict:
        both = rng.choice(size, max(1, size // 3), replace=False)
        x[both] = s[both] = 0.0
    return (basis * x) @ basis.T, (basis * s) @ basis.T


def identity_rows(sizes):
    return np.concatenate([svec(np.eye(size)) for size in sizes])


def feasible(seed, *, sizes=None, n=None, p=None, density=1.0, strict=True, spread=0.0, redundant=False):
    """A program with interior points and a known optimal value."""
    rng = np.random.default_rng(seed)
    sizes = sizes or random_sizes(rng)
    rows = sum(map(svec_length, sizes))
    n = n or int(rng.integers(4, max(6, min(40, rows))))
    p = int(rng.integers(0, min(4, n - 3))) if p is None else p
    operator = random_rows(rng, n, sizes, density)
    pairs = [complementary(rng, size, strict) for size in sizes]
    gram, slack = (np.concatenate([svec(pair[i]) for pair in pairs]) for i in range(2))
    moments = rng.standard_normal(n)
    moments[0] = 1.0
    operator[:, 1] = identity_rows(sizes)
    operator[:, 0] = slack - operator[:, 1:] @ moments[1:]
    equalities = np.zeros((1 + p, n))
    equalities[0, 0] = 1.0
    equalities[1:, 2:] = rng.standard_normal((p, n - 2)) * (rng.random((p, n - 2)) < 0.5)
    if redundant:
        equalities = np.vstack([equalities, 2 * equalities[:1], equalities.sum(axis=0)])
    right_side, multipliers = equalities @ moments, rng.standard_normal(len(equalities))
    cost = equalities.T @ multipliers + operator.T @ gram
    scale = 10.0 ** rng.uniform(-spread, spread, n)
    scale[0] = 1.0
    blocks = np.repeat(10.0 ** rng.uniform(-spread, spread, len(sizes)), list(map(svec_length, sizes)))
    sdp = SDP(
        cost * scale,
        sp.csr_matrix(equalities * scale),
        right_side,
        sp.csr_matrix(blocks[:, None] * operator * scale),
        sizes,
    )
    return sdp, float(right_side @ multipliers)


def definite(rng, sizes, singular):
    """Random semidefinite blocks, of half rank when `singular`."""
    blocks = []
    for size in sizes:
        root = rng.standard_normal((size, max(1, size // 2) if singular else size))
        blocks.append(svec(root @ root.T + (0.0 if singular else 0.1) * np.eye(size)))
    return np.concatenate(blocks)


def infeasible(seed, singular):
    """A program with a ray `(λ, X)` by construction."""
    rng = np.random.default_rng(seed)
    sizes, n, p = (4, 4, 3, 1, 1, 6), int(rng.integers(5, 30)), int(rng.integers(0, 3))
    operator, gram = random_rows(rng, n, sizes), definite(rng, sizes, singular)
    multipliers = np.concatenate([[rng.uniform(0.3, 2)], rng.standard_normal(p)])
    equalities, right_side = np.zeros((p + 1, n)), np.zeros(p + 1)
    equalities[1:], right_side[1:] = rng.standard_normal((p, n)), rng.standard_normal(p)
    equalities[0] = (-operator.T @ gram - equalities[1:].T @ multipliers[1:]) / multipliers[0]
    right_side[0] = (1 - right_side[1:] @ multipliers[1:]) / multipliers[0]
    return SDP(rng.standard_normal(n), sp.csr_matrix(equalities), right_side, sp.csr_matrix(operator), sizes)


def unbounded(seed, singular):
    """A program with an interior point and a direction of descent in the recession cone, by construction."""
    rng = np.random.default_rng(seed)
    sizes, n, p = (4, 4, 3, 1, 1, 6), int(rng.integers(5, 30)), int(rng.integers(0, 3))
    operator = random_rows(rng, n, sizes)
    ray, point = rng.standard_normal(n), rng.standard_normal(n)
    ray[:2], point[0] = (0.0, 1.0), 1.0
    operator[:, 1] = 0.0
    operator[:, 1] = definite(rng, sizes, singular) - operator @ ray
    equalities = np.zeros((p + 1, n))
    equalities[0, 0] = 1.0
    equalities[1:] = rng.standard_normal((p, n))
    equalities[1:, 1] = 0.0
    equalities[1:, 1] = -equalities[1:] @ ray
    operator[:, 0] = 0.0
    operator[:, 0] = identity_rows(sizes) - operator @ point
    cost = rng.standard_normal(n)
    cost -= (cost @ ray + 1) * ray / (ray @ ray)
    return SDP(cost, sp.csr_matrix(equalities), equalities @ point, sp.csr_matrix(operator), sizes)


FAMILIES = {
    "plain": {},
    "sparse": {"density": 0.2},
    "not strictly complementary": {"strict": False},
    "scaled by 1e6": {"spread": 3.0},
    "scaled, not strictly complementary": {"spread": 3.0, "strict": False},
    "redundant equalities": {"redundant": True},
    "linear": {"sizes": (1,) * 40, "n": 15, "p": 2},
    "one block": {"sizes": (12,), "n": 30, "p": 1},
    "many small": {"sizes": (3,) * 30 + (1,) * 20, "n": 25, "p": 1},
    "no further equality": {"p": 0},
}


#: Seeds of a quick run, and those that a full run adds: 1000 programs with known optima, 200 with a ray of either kind.
FEW, MORE = range(25), pytest.param(range(25, 100), marks=pytest.mark.slow)
FEW_RAYS, MORE_RAYS = range(40), pytest.param(range(40, 100), marks=pytest.mark.slow)


@pytest.mark.usefixtures("core")
@pytest.mark.parametrize("seeds", [FEW, MORE], ids=["few", "more"])
@pytest.mark.parametrize("family", FAMILIES)
def test_known_optimum(family, seeds):
    for seed in seeds:
        sdp, value = feasible(seed, **FAMILIES[family])
        answer = solve(sdp)
        assert answer.status is SDPStatus.OPTIMAL, seed
        assert answer.residuals.worst <= IDENTITY_TOLERANCE, seed
        assert abs(answer.residuals.primal_objective - value) <= 1e-7 * (1 + abs(value)), seed


@pytest.mark.usefixtures("core")
@pytest.mark.parametrize("seeds", [FEW_RAYS, MORE_RAYS], ids=["few", "more"])
@pytest.mark.parametrize("singular", [False, True])
def test_primal_infeasible_with_a_ray(singular, seeds):
    for seed in seeds:
        answer = solve(infeasible(seed, singular))
        # A program without a dual feasible point either may be recognised by the other ray.
        assert answer.dual_ray is not None or answer.primal_ray is not None, seed


@pytest.mark.usefixtures("core")
@pytest.mark.parametrize("seeds", [FEW_RAYS, MORE_RAYS], ids=["few", "more"])
@pytest.mark.parametrize("singular", [False, True])
def test_dual_infeasible_with_a_ray(singular, seeds):
    for seed in seeds:
        answer = solve(unbounded(seed, singular))
        assert answer.status is SDPStatus.DUAL_INFEASIBLE, seed
        assert answer.primal_ray is not None and answer.moments is None, seed


@pytest.mark.usefixtures("core")
def test_no_false_infeasibility_when_the_cost_is_constant():
    # The cost is a combination of the equalities, so that what is left of it is rounding.
    sdp, _ = feasible(0, sizes=(5, 8), n=25, p=3)
    equalities = sdp.equalities.toarray()
    cost = equalities.T @ np.arange(1.0, 5.0)
    answer = solve(SDP(cost, sdp.equalities, sdp.right_side, sdp.operator, sdp.sizes))
    assert answer.status is SDPStatus.OPTIMAL
    assert np.isclose(answer.residuals.primal_objective, sdp.right_side @ np.arange(1.0, 5.0))


@pytest.mark.usefixtures("core")
def test_multipliers_and_gram_satisfy_the_dual_equation():
    sdp, _ = feasible(3, redundant=True, p=3, n=20, sizes=(6, 5, 1, 1))
    answer = solve(sdp)
    identity = sdp.equalities.T @ answer.equality_duals + sdp.operator.T @ answer.gram
    assert np.abs(identity - sdp.cost).max() <= 1e-8 * (1 + np.abs(sdp.cost).max())


def small(cost, equalities, right_side, rows, sizes):
    n = len(cost)
    return SDP(
        np.array(cost, dtype=float),
        sp.csr_matrix(np.array(equalities, dtype=float).reshape(-1, n)),
        np.array(right_side, dtype=float),
        sp.csr_matrix(np.array(rows, dtype=float).reshape(-1, n)),
        sizes,
    )


EDGES = {
    "no equality": (small([1, 0], [], [], [[1, 0], [0, 1]], (1, 1)), SDPStatus.OPTIMAL),
    "all fixed": (small([1, 2], np.eye(2), [1, 1], np.eye(2), (1, 1)), SDPStatus.OPTIMAL),
    "all fixed, on the boundary": (small([1, 2], np.eye(2), [1, 0], np.eye(2), (1, 1)), SDPStatus.OPTIMAL),
    "all fixed, outside": (small([1, 2], np.eye(2), [1, -1], np.eye(2), (1, 1)), SDPStatus.PRIMAL_INFEASIBLE),
    "no block": (small([1, 2], np.eye(2), [1, 1], [], ()), SDPStatus.OPTIMAL),
    "no block, unbounded": (small([1, 2], [[1, 0]], [1], [], ()), SDPStatus.DUAL_INFEASIBLE),
    "contradiction": (
        small([1, 2], [[1, 0], [1, 0]], [1, 2], np.eye(2), (1, 1)),
        SDPStatus.PRIMAL_INFEASIBLE,
    ),
    "0 = 1": (small([1, 2], [[0, 0]], [1], np.eye(2), (1, 1)), SDPStatus.PRIMAL_INFEASIBLE),
    "0 = 0": (small([1, 2], [[0, 0], [1, 0]], [0, 1], np.eye(2), (1, 1)), SDPStatus.OPTIMAL),
    "no cost": (small([0, 0], [[1, 0]], [1], np.eye(2), (1, 1)), SDPStatus.OPTIMAL),
    "a moment in no block": (small([0, 1, 0], [[1, 0, 0]], [1], np.eye(3)[:2], (1, 1)), SDPStatus.OPTIMAL),
    "a moment in the cost alone": (
        small([0, 1, 1], [[1, 0, 0]], [1], np.eye(3)[:2], (1, 1)),
        SDPStatus.DUAL_INFEASIBLE,
    ),
    "a negative constant": (
        small([0, 1], [[1, 0]], [1], [[-1, 0], [0, 1]], (1, 1)),
        SDPStatus.PRIMAL_INFEASIBLE,
    ),
    "optimum not attained": (
        small([1, 0, 0], [[0, 0, 1]], [1], [[1, 0, 0], [0, 0, 2**0.5], [0, 1, 0]], (2,)),
        SDPStatus.OPTIMAL,
    ),
}


@pytest.mark.usefixtures("core")
@pytest.mark.parametrize("name", EDGES)
def test_edges(name):
    sdp, status = EDGES[name]
    assert solve(sdp).status is status


@pytest.mark.parametrize(
    "native",
    [
        {"step": 1},
        {"correctors": 1.5},
        {"step_fraction": 2.0},
        {"start_scale": "large"},
        {"refinements": True},
    ],
)
def test_bad_native_option(native):
    with pytest.raises(BadOption):
        solve(EDGES["no equality"][0], own=native)


def test_native_options_are_used():
    sdp, value = feasible(1)
    answer = solve(sdp, own={"start_scale": 10.0, "correctors": 0, "refinements": 2, "step_fraction": 0.9})
    assert np.isclose(answer.residuals.primal_objective, value, rtol=1e-6)


@pytest.mark.usefixtures("core")
def test_limits():
    sdp, _ = feasible(2)
    answer = solve(sdp, max_iterations=2)
    assert answer.status is SDPStatus.LIMIT and answer.iterations == 2
    assert solve(sdp, time_limit=1e-9).status is SDPStatus.LIMIT


def test_refuses_what_does_not_fit():
    n = 200_000
    first, all_of_them = sp.csr_matrix(([1.0], ([0], [0])), shape=(1, n)), sp.csr_matrix(np.ones((1, n)))
    with pytest.raises(ProblemTooLarge):
        solve(SDP(np.zeros(n), first, np.ones(1), all_of_them, (1,)))


def test_log_goes_to_stderr(capsys):
    sdp, _ = feasible(2)
    solve(sdp, verbose=True)
    captured = capsys.readouterr()
    assert not captured.out and "dual" in captured.err


def test_interruption_passes_through(monkeypatch):
    def interrupted(*_args, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr("momentsos.solvers.native.path.advance", interrupted)
    with without_compiled(), pytest.raises(KeyboardInterrupt):
        solve(feasible(2)[0])


def test_same_answer_twice_and_with_one_thread():
    sdp, _ = feasible(4)
    first, second = solve(sdp, threads=1), solve(sdp, threads=1)
    assert np.array_equal(first.moments, second.moments)


def test_threads_are_limited_while_it_solves_and_given_back(monkeypatch):
    threadpoolctl = pytest.importorskip("threadpoolctl")
    seen = []

    def counted():
        return [pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]

    def recording(*arguments, **options):
        seen.append(counted())
        return step.advance(*arguments, **options)

    before = counted()
    monkeypatch.setattr("momentsos.solvers.native.path.advance", recording)
    with without_compiled():
        solve(feasible(2)[0], threads=1)
    assert seen and all(count == 1 for counts in seen for count in counts)
    assert counted() == before


def test_the_cost_model_sees_repeated_entries():
    """A moment matrix has far fewer different entries than one of random data; all else is the same."""
    plain, _ = feasible(0, sizes=(15,), n=70, p=0)
    hankel = relax(BY_NAME["rosenbrock_4"].problem(), 2, method="dense").sdp
    assert hankel.n_moments == plain.n_moments and hankel.sizes == plain.sizes
    (repeated,), (different,) = _shapes(hankel.operator, hankel), _shapes(plain.operator, plain)
    assert (repeated.different, different.different) == (70, 120)
    assert NativeSolver.memory(hankel) < NativeSolver.memory(plain)


def test_cost_model_grows():
    small_one, _ = feasible(0, sizes=(3,) * 5, n=10, p=0)
    large_one, _ = feasible(0, sizes=(10,) * 5, n=40, p=0)
    assert NativeSolver.memory(small_one) < NativeSolver.memory(large_one)
    assert iteration_seconds(small_one) < iteration_seconds(large_one)


def test_a_few_small_coefficients_do_not_change_the_units():
    """They may be small by chance; where a tenth of a row is, the variables have different units."""
    few, many = np.ones(40), np.ones(40)
    few[:3], many[:6] = 1e-9, 1e-9
    assert not _is_bad(np.vstack([np.zeros(40), np.ones(40), few]))
    assert _is_bad(np.vstack([few, many]))
    assert _is_bad(np.array([[1.0, 1e-4]])) and not _is_bad(np.zeros((2, 3)))


def _is_bad(matrix):
    rows = sp.csr_matrix(matrix)
    return _is_badly_scaled(rows.data, rows.indptr)


def test_a_moment_whose_effect_is_rounding_does_not_run_away():
    """It occurs in an equality that is stated twice, and in no block: its effect on the constant is 1e-16."""
    rng = np.random.default_rng(0)
    for _ in range(40):
        n, size = 12, 3
        length = size * (size + 1) // 2
        row, column = svec_index(size)
        weights = np.where(row == column, 1.0, np.sqrt(2.0))
        points = [root @ root.T + 0.5 * np.eye(size) for root in rng.standard_normal((2, size, size))]
        slack, gram = (point[row, column] * weights for point in points)
        moments = np.append(rng.standard_normal(n), 1.0)
        operator = np.zeros((length, n + 1))
        operator[:, 3:9] = rng.standard_normal((length, 6))
        operator[:, n] = slack - operator @ np.append(moments[:n], 0.0)
        equalities = np.zeros((4, n + 1))
        equalities[0, n] = 1.0
        equalities[1, [0, 4, 10]] = equalities[2, [0, 4, 10]] = rng.standard_normal(3)
        equalities[3, [2, 5, 11]] = rng.standard_normal(3)
        cost = operator.T @ gram + equalities.T @ rng.standard_normal(4)
        sdp = SDP(cost, sp.csr_matrix(equalities), equalities @ moments, sp.csr_matrix(operator), (size,))
        answer = solve(sdp)
        assert answer.status is SDPStatus.OPTIMAL and answer.residuals.worst <= 1e-9
