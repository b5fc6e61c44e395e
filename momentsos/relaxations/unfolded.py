r"""A relaxation in a quotient written out: with the equalities that monomials were rewritten by, and their multipliers.

In the quotient :math:`f - \gamma \equiv \sum_j \langle X_j, g_j B_j B_j^\top\rangle`; the difference of both sides is
:math:`\sum_l \lambda_l h_l` with polynomials :math:`\lambda_l` of degree at most :math:`2k - \deg h_l`, for the
equalities are a Gröbner basis in a graded order.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.sparse.linalg import lsmr

from ..polynomials import Support, monomial_basis
from ..problem import Problem
from ..sdp import SDPSolution, recompute_residuals
from ..sdp.residuals import dual_residual
from .assemble import Relaxation, assemble
from .plan import Block, BlockKind

#: Where the search for multipliers ends.
_ACCURACY, _MOST_STEPS = 1e-15, 5_000


def written_out(relaxation: Relaxation, problem: Problem) -> Relaxation:
    """Return a relaxation without a quotient that has the same identities; see `unfolded`."""
    plan = relaxation.plan
    if plan.quotient is None:
        return relaxation
    n, blocks = problem.n_variables, list(plan.blocks)
    for number in plan.quotient.numbers:
        h = problem.equalities[number]
        blocks.append(Block(h, Support(monomial_basis(n, 2 * plan.order - h.degree)), BlockKind.ZERO, (number,)))
    return assemble(replace(plan, blocks=tuple(blocks), quotient=None))


def unfolded(relaxation: Relaxation, solution: SDPSolution, problem: Problem) -> tuple[Relaxation, SDPSolution]:
    """Return a relaxation without a quotient that has the same identities, and the solution there.

    Parameters
    ----------
    relaxation : Relaxation
    solution : SDPSolution
    problem : Problem
        The one that was relaxed.

    Returns
    -------
    Relaxation, SDPSolution
        Those given where there is no quotient. Else the Gram matrices are the same, moments of other monomials are
        combinations of those known, and multipliers remove what is left.
    """
    if relaxation.plan.quotient is None:
        return relaxation, solution
    whole = written_out(relaxation, problem)
    moments = solution.moments
    if moments is not None:
        moments = relaxation.moments_of(whole.monomials.rows, moments)
    duals, gram = solution.equality_duals, solution.gram
    if duals is None or gram is None:
        return whole, replace(solution, moments=moments, residuals=None)
    known = np.concatenate([duals, np.zeros(len(whole.sdp.right_side) - len(duals))])
    left = dual_residual(whole.sdp, known, gram)
    rest = whole.sdp.equalities[len(duals) :].T.tocsr()
    known[len(duals) :] = lsmr(rest, left, atol=_ACCURACY, btol=_ACCURACY, maxiter=_MOST_STEPS)[0]
    residuals = None if moments is None else recompute_residuals(whole.sdp, moments, known, gram)
    return whole, replace(solution, moments=moments, equality_duals=known, residuals=residuals)
