"""What the repair computes in one matrix, and in fronts: both against the definition, and against each other."""

from __future__ import annotations

import numpy as np
import pytest
from chains import broyden, in_a_box, ring_of_spins

import momentsos as ms
from momentsos.bounds.dense_repair import DenseEquations, between
from momentsos.bounds.sparse_repair import SparseEquations
from momentsos.sdp import SDP, smat, svec

PROGRAMS = {
    "box": lambda: ms.relax(in_a_box(broyden(6), 2), method="sparse").sdp,
    "equalities": lambda: ms.relax(ring_of_spins(3), method="sparse").sdp,
}
MU = 0.3


def both(sdp: SDP) -> tuple:
    lengths = np.sqrt(np.bincount(sdp.operator.indices, sdp.operator.data**2, sdp.n_moments)) + 0.5
    return DenseEquations.of(sdp, lengths), SparseEquations.of(sdp, lengths, SparseEquations.order_of(sdp))


def roots_of(sdp: SDP) -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    mixed = [rng.standard_normal((len(places), size, size)) for size, places in sdp.groups]
    return [np.eye(part.shape[1]) + 0.1 * (part + part.transpose(0, 2, 1)) for part in mixed]


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("kind", [0, 1], ids=["dense", "fronts"])
def test_distances_are_those_of_the_shortest_changes(name, kind, rng) -> None:
    sdp = PROGRAMS[name]()
    equations, roots = both(sdp)[kind], roots_of(sdp)
    factor = equations.factored(roots, MU)
    residual = rng.standard_normal(sdp.n_moments)
    multipliers, gram = factor.shortest(residual)
    rows = between(sdp, roots, gram)
    before = equations.residual(np.zeros_like(multipliers), np.zeros_like(rows))
    assert before - equations.residual(multipliers, rows) == pytest.approx(residual, abs=1e-9)
    assert multipliers[0] == 0.0
    length = float(np.sqrt(gram @ gram + (multipliers / factor.weight) @ (multipliers / factor.weight)))
    assert factor.needed(residual) == pytest.approx(length)
    columns = [factor.needed(row) for row in np.eye(sdp.n_moments)]
    assert factor.needed_for(np.ones(sdp.n_moments)) == pytest.approx(float(np.linalg.norm(columns)))


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_newton_step_removes_the_defect_and_is_the_same_in_fronts(name, rng) -> None:
    sdp = PROGRAMS[name]()
    residual = 0.1 * rng.standard_normal(sdp.n_moments)
    roots, found = roots_of(sdp), []
    for equations in both(sdp):
        multipliers, gram = equations.factored(roots, MU).newton(residual)
        change = equations.residual(0 * multipliers, 0 * gram) - equations.residual(
            multipliers, between(sdp, roots, gram)
        )
        assert change == pytest.approx(residual, abs=1e-8)
        found.append(np.concatenate([multipliers, gram]))
    assert found[0] == pytest.approx(found[1], abs=1e-6)


def test_the_product_with_roots_is_taken_block_by_block(rng) -> None:
    sdp = PROGRAMS["box"]()
    rows, roots = rng.standard_normal(sdp.operator.shape[0]), roots_of(sdp)
    found = between(sdp, roots, rows)
    for (_, places), stack in zip(sdp.groups, roots, strict=True):
        for place, root in zip(places, stack, strict=True):
            assert found[place] == pytest.approx(svec(root @ smat(rows[place]) @ root))
