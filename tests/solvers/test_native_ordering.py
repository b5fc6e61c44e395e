"""Orders of elimination: what they cost is what they say, trees have no fill, and compiled code finds the same."""

import itertools
from contextlib import nullcontext

import numpy as np
import pytest
import scipy.sparse as sp
from solvers.compiled import needs_compiled

from momentsos.machine.compiled import PRESENT, without_compiled
from momentsos.solvers.native.prepare.ordering import distinct_supports, order_blocks, order_moments

#: The order in Python, and in compiled code where that was built.
WAYS = ["python", "compiled"] if PRESENT else ["python"]


@pytest.fixture(params=WAYS)
def ordered(request):
    """Order the moments of blocks in one of the ways."""

    def order(supports, n, placed=np.inf, most=np.inf):
        with without_compiled() if request.param == "python" else nullcontext():
            return order_blocks(*as_blocks(supports, n), placed, most)

    return order


def as_blocks(supports, n):
    """Two rows for each block, with a moment that both have."""
    rows = sp.lil_matrix((2 * len(supports), n))
    for number, support in enumerate(supports):
        rows[2 * number, support[: len(support) // 2 + 1]] = 1.0
        rows[2 * number + 1, support[len(support) // 2 :]] = 1.0
    return sp.csr_matrix(rows), 2 * np.arange(len(supports) + 1)


def filled_in(supports, order):
    """The pattern of the factor for an order, by elimination moment by moment, both halves."""
    n = len(order)
    pattern = np.eye(n, dtype=bool)
    for support in supports:
        pattern[np.ix_(support, support)] = True
    pattern = pattern[np.ix_(order, order)]
    for k in range(n):
        later = k + 1 + np.flatnonzero(pattern[k + 1 :, k])
        pattern[np.ix_(later, later)] = True
    return pattern


def random_tree(count, width, rng):
    """Cliques each of which shares some moments with an earlier one, and parts of them."""
    cliques, n = [list(range(width))], width
    for _ in range(count):
        old = cliques[int(rng.integers(len(cliques)))]
        fresh = int(rng.integers(1, width))
        shared = rng.choice(old, int(rng.integers(1, len(old) + 1)), replace=False).tolist()
        cliques.append([*shared, *range(n, n + fresh)])
        n += fresh
    inner = [rng.choice(clique, len(clique) // 2, replace=False).tolist() for clique in cliques if len(clique) > 3]
    return [np.array(sorted(clique)) for clique in [*cliques, *inner]], n


def patterns():
    """Supports and a number of moments, some of which are in none of them, by name."""
    rng = np.random.default_rng(11)
    found = {f"tree {width}": random_tree(60, width, rng) for width in (4, 9, 16)}
    found["chain"] = [np.arange(5 * i, 5 * i + 15) for i in range(40)], 210
    found["ring"] = [np.sort(np.arange(3 * i, 3 * i + 9) % 120) for i in range(40)], 125
    found["star"] = [np.array([0, i]) for i in range(1, 100)], 100
    places = list(itertools.product(range(11), range(11)))
    found["grid"] = [np.array([12 * i + j, 12 * i + j + 1, 12 * i + j + 12, 12 * i + j + 13]) for i, j in places], 144
    for count, width in ((70, 5), (20, 12), (150, 3)):
        cliques = [np.sort(rng.choice(90, width, replace=False)) for _ in range(count)]
        found[f"{count} random cliques"] = [*cliques, *cliques[:5]], 93
    return found


PATTERNS = patterns()


@pytest.mark.parametrize("name", [name for name in PATTERNS if name.startswith(("tree", "chain", "star"))])
def test_the_order_of_a_tree_of_cliques_makes_no_further_entries(name, ordered):
    supports, n = PATTERNS[name]
    pattern = np.eye(n, dtype=bool)
    for support in supports:
        pattern[np.ix_(support, support)] = True
    assert ordered(supports, n).filled == np.tril(pattern).sum()


@pytest.mark.parametrize("name", PATTERNS)
def test_the_predicted_cost_of_an_order_is_that_of_the_elimination(name, ordered):
    supports, n = PATTERNS[name]
    ordering = ordered(supports, n)
    assert np.array_equal(np.sort(ordering.order), np.arange(n))
    pattern = filled_in(supports, ordering.order)
    assert ordering.filled == np.tril(pattern).sum()
    below = np.tril(pattern, -1).sum(axis=0)
    assert np.isclose(ordering.multiplications, (below**2).sum() / 2)


@pytest.mark.parametrize("name", PATTERNS)
def test_the_rows_of_pivots_are_those_of_the_factor(name, ordered):
    supports, n = PATTERNS[name]
    ordering = ordered(supports, n)
    pattern = np.tril(filled_in(supports, ordering.order))
    starts = ordering.starts
    assert not np.tril(pattern[: starts[0]], -1).any() and starts[-1] == n
    for pivot, (low, high) in enumerate(itertools.pairwise(starts.tolist())):
        later = ordering.later[ordering.bounds[pivot] : ordering.bounds[pivot + 1]]
        rows = [np.arange(starts[q], starts[q + 1]) for q in [pivot, *later.tolist()]]
        assert np.array_equal(np.flatnonzero(pattern[:, low]), np.concatenate(rows)) and np.all(np.diff(later) > 0)
        assert np.array_equal(pattern[high:, low:high], np.repeat(pattern[high:, low : low + 1], high - low, axis=1))


@pytest.mark.parametrize("name", PATTERNS)
def test_orders_in_compiled_code_are_those_of_python(name):
    needs_compiled()
    supports, n = PATTERNS[name]
    rows, offsets = as_blocks(supports, n)
    quick = order_blocks(rows, offsets, np.inf, np.inf)
    slow = order_moments(distinct_supports(rows, offsets, np.inf), n, np.inf)
    for field in ("order", "filled", "starts", "bounds", "later"):
        assert np.array_equal(getattr(quick, field), getattr(slow, field))
    assert np.isclose(quick.multiplications, slow.multiplications, rtol=1e-12)


def test_an_order_that_costs_too_much_is_given_up(ordered):
    supports = [np.array([i, j]) for i, j in itertools.combinations(range(40), 2)]
    assert ordered(supports, 40, most=1e3) is None
    assert ordered(supports, 40, most=1e6) is not None
    assert ordered(supports * 2, 40, placed=4 * len(supports)) is not None
    assert ordered(supports * 2, 40, placed=4 * len(supports) - 1) is None


def test_blocks_without_moments_have_an_order(ordered):
    none = np.zeros(0, dtype=np.intp)
    ordering = ordered([none, none], 3)
    assert ordering.order.tolist() == [0, 1, 2] and ordering.filled == 3 and ordering.starts.tolist() == [3]
