"""Elimination orders against the plain definition, and the fronts that follow them against dense matrices."""

from __future__ import annotations

import numpy as np
import pytest

from momentsos.sdp import elimination
from momentsos.sdp.elimination import eliminated
from momentsos.sdp.fronts import Front, FrontOrder, Triangle, triangle_of


def random_graph(rng: np.random.Generator, n: int, edges: int) -> list[set[int]]:
    graph: list[set[int]] = [set() for _ in range(n)]
    for a, b in rng.integers(0, n, (edges, 2)).tolist():
        graph[a].add(b)
        graph[b].add(a)
    return graph


def by_definition(graph: list[set[int]]) -> list[tuple[int, list[int]]]:
    rest = {v: near - {v} for v, near in enumerate(graph)}
    found = []
    while rest:
        v = min(rest, key=lambda u: (len(rest[u]), u))
        near = rest.pop(v)
        found.append((v, sorted(near)))
        for u in near:
            rest[u] = (rest[u] | near) - {u, v}
    return found


@pytest.mark.parametrize("most_bits", [10_000, 0], ids=["bits", "sets"])
@pytest.mark.parametrize(("n", "edges"), [(1, 0), (7, 3), (40, 60), (90, 120), (90, 1500), (130, 130)])
def test_vertices_of_least_degree_go_first_and_join_their_neighbours(n, edges, most_bits, monkeypatch, rng) -> None:
    monkeypatch.setattr(elimination, "_MOST_BITS", most_bits)
    graph = random_graph(rng, n, edges)
    steps = eliminated(graph)
    assert [(v, near.tolist()) for v, near in steps] == by_definition(graph)


@pytest.mark.parametrize("most_bits", [10_000, 0], ids=["bits", "sets"])
def test_an_order_that_takes_too_long_is_not_found(most_bits, monkeypatch, rng) -> None:
    monkeypatch.setattr(elimination, "_MOST_BITS", most_bits)
    graph = random_graph(rng, 100, 1000)
    assert eliminated(graph, most_work=10.0) is None
    assert eliminated(graph, most_work=1e9) is not None


def random_pieces(rng: np.random.Generator, n: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Overlapping pieces, and some that are far apart."""
    columns = [np.unique(rng.integers(start, start + 6, 8)) % n for start in range(0, n, 4)]
    columns = [np.unique(own) for own in (*columns, *np.array_split(np.arange(n), n // 3), np.array([0, n // 2]))]
    return columns, [rng.standard_normal((len(own) + 3, len(own))) for own in columns]


@pytest.mark.parametrize("n", [6, 25, 60])
def test_fronts_solve_as_the_dense_factor_does(n, rng) -> None:
    columns, pieces = random_pieces(rng, n)
    matrix = np.zeros((sum(map(len, pieces)), n))
    start = 0
    for own, piece in zip(columns, pieces, strict=True):
        matrix[start : start + len(piece), own] = piece
        start += len(piece)
    order = FrontOrder.of(columns, n)
    assert np.array_equal(np.sort(np.concatenate(order.pivots)), np.arange(n))
    triangle = triangle_of(order, columns, pieces)
    normal, vector = matrix.T @ matrix, rng.standard_normal(n)
    assert triangle.solve(triangle.transposed_solve(vector)) == pytest.approx(np.linalg.solve(normal, vector))
    weights = rng.uniform(0, 1, n)
    assert triangle.transposed_norm(weights) ** 2 == pytest.approx(weights**2 @ np.linalg.inv(normal).diagonal())


def test_groups_that_see_the_same_columns_share_a_front() -> None:
    chain = [np.arange(start, start + 3) for start in range(0, 18, 2)]
    assert len(FrontOrder.of(chain, 19).pivots) < 10
    assert len(FrontOrder.of([np.arange(12)], 12).pivots) == 1
    assert FrontOrder.of([*chain, np.array([0, 9])], 19, most_work=1.0) is None


@pytest.mark.parametrize("small", [3e-8, 7e-11, 3e-13])
def test_a_column_is_not_lost_beside_far_longer_ones_in_the_front_behind_it(small) -> None:
    # The inverse of the front behind is 1 / small^2 in the direction (1, 1), which the coupling does not see: the first
    # entry of the diagonal is 1 + 1, and a matrix that is carried on in floats has lost it.
    behind = Front(
        np.array([1, 2]), np.zeros(0, dtype=int), np.array([[1.0, -1.0], [0.0, small]]), np.zeros((2, 0)), np.zeros(2)
    )
    first = Front(np.array([0]), np.array([1, 2]), np.eye(1), np.array([[1.0, -1.0]]), np.zeros(1))
    norm = Triangle(3, [first, behind]).transposed_norm(np.array([1.0, 0.0, 0.0]))
    assert norm == pytest.approx(2**0.5, rel=1e-2)
