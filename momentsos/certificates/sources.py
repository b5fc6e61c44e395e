"""The relaxations that a certificate can be made from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..conditioning.affine import AffineChange, scale_by
from ..polynomials import Support, monomial_basis
from ..problem import Problem
from ..relaxations import Block, BlockKind, Relaxation, assemble, dense_plan
from ..relaxations.unfolded import unfolded
from ..sdp import SDPSolution, smat, svec
from ..solvers import SolverOptions, solve_sdp
from .frame import block_scales, correctly_rounded

if TYPE_CHECKING:
    from ..hierarchy.result import Result


@dataclass(frozen=True, eq=False)
class Source:
    """A solved relaxation and the change of variables that leads to it from ``change.original``.

    `scales` are those of `momentsos.certificates.frame.block_scales`. `last` says that no other source follows.
    """

    relaxation: Relaxation
    solution: SDPSolution
    change: Any
    scales: tuple[float, list[float]]
    last: bool = True


def sources(result: Result, solver: str, time_limit: float | None) -> Iterator[Source]:
    """Yield the relaxation of the result, and for a dense one the same with products of the bounds of each variable.

    Where every variable has a lower and an upper bound, the products :math:`(u_i - x_i)(x_i - l_i)` bound it by
    themselves: Gram matrices with a margin then exist, and a ball that the bounds imply need not be added. So the
    second comes first where such a ball was added.
    """
    relaxation, solution = result.relaxation, result.solution
    assert relaxation is not None and solution is not None
    relaxation, solution = unfolded(relaxation, solution, result.change.problem)
    own = refined(relaxation, solution, result.change)
    pairs = bound_pairs(result.problem) if relaxation.plan.method == "dense" else None
    if pairs is None:
        yield own
    elif len(result.change.original.inequalities) > len(result.problem.inequalities):
        yield replace(_with_products(result, pairs, solver, time_limit), last=False)
        yield own
    else:
        yield replace(own, last=False)
        yield _with_products(result, pairs, solver, time_limit)


def refined(relaxation: Relaxation, solution: SDPSolution, change: Any) -> Source:
    r"""Return the source with correctly rounded coefficients, and with monomials as bases.

    Where a block was made of combinations `C b` in floating point, its Gram matrix `Y` is :math:`C^\top Y C` on the
    monomials `b`; an exact face that contains it is found later.
    """
    scales = block_scales(relaxation.plan, change)
    if solution.gram is None:
        return Source(relaxation, solution, change, scales)
    parts = []
    for block, own in zip(relaxation.psd_blocks, relaxation.sdp.split(solution.gram), strict=True):
        rows = None if block.combinations is None else block.combinations.toarray()
        parts.append(own if rows is None else svec(rows.T @ smat(own) @ rows))
    plan = correctly_rounded(relaxation.plan, change, scales)
    plain = tuple(replace(block, combinations=None) for block in plan.blocks)
    lifted = assemble(replace(plan, blocks=plain))
    return Source(lifted, replace(solution, gram=np.concatenate(parts)), change, scales)


def bound_pairs(problem: Problem) -> list[tuple[int, int]] | None:
    """Return for each variable two inequalities that bound it alone, from below and above; None if one has none."""
    lower: dict[int, int] = {}
    upper: dict[int, int] = {}
    for number, g in enumerate(problem.inequalities):
        used = np.flatnonzero(g.exponents.any(axis=0))
        if g.degree == 1 and len(used) == 1:
            slope = float(g.values[g.exponents[:, used[0]] == 1][0])
            (lower if slope > 0 else upper).setdefault(int(used[0]), number)
    n = problem.n_variables
    return [(lower[i], upper[i]) for i in range(n)] if len(lower) == len(upper) == n else None


def own_relaxation(
    problem: Problem, order: int, units: NDArray[np.float64], pairs: list[tuple[int, int]]
) -> tuple[Relaxation, AffineChange]:
    """Return the dense relaxation of a problem in units for its variables, with products of pairs of inequalities."""
    change = scale_by(problem, units)
    plan = dense_plan(change.problem, order, in_quotient=False)
    basis = Support(monomial_basis(problem.n_variables, order - 1))
    g = change.problem.inequalities
    blocks = tuple(Block(g[i] * g[j], basis, BlockKind.PSD, (i, j)) for i, j in pairs)
    return assemble(replace(plan, blocks=(*plan.blocks, *blocks))), change


def _with_products(result: Result, pairs: list[tuple[int, int]], solver: str, time_limit: float | None) -> Source:
    assert result.relaxation is not None
    units = np.abs(np.diag(result.change.matrix))
    relaxation, change = own_relaxation(result.problem, result.relaxation.plan.order, units, pairs)
    solution = solve_sdp(solver, relaxation.sdp, SolverOptions(time_limit=time_limit))
    return Source(relaxation, solution, change, block_scales(relaxation.plan, change))
