r"""How many dimensions the polynomials of all identities of a relaxation in changed variables have.

After :math:`x = a + T t` a polynomial has more monomials than before, and they are not independent: the identities are
polynomials in the monomials that they had. A block's polynomial has the monomials of the original one; the monomials of
its basis, where they are all in variables of one kind that the change mixes among themselves, give all monomials in
these up to twice their degree.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..polynomials import Polynomial, basis_size, monomial_basis
from ..polynomials.exponents import unique_rows
from ..problem import Problem
from ..relaxations import Plan
from ..relaxations.plan import BlockKind

Integers = NDArray[np.int64]
#: Monomials that are counted at most.
_MOST = 200_000


def span_of(plan: Plan, original: Problem, matrix: NDArray[np.float64]) -> int | None:
    """Return a bound of the dimension, None where none is seen.

    Parameters
    ----------
    plan : Plan
        In the changed variables `t`.
    original : Problem
        In the variables `x`, ``x = a + matrix @ t``.
    matrix : (n, n) array
    """
    bases = [block.basis for block in plan.blocks]
    inner = np.any([rows.any(axis=0) for rows in (*bases, plan.normalization.exponents)], axis=0)
    if matrix[inner][:, ~inner].any():
        return None
    found, total = [], 0
    asked: set[tuple[bytes, int]] = set()

    def multiplied(p: Integers, degree: int) -> bool:
        nonlocal total
        if (p.tobytes(), degree) in asked:
            return True
        asked.add((p.tobytes(), degree))
        total += len(p) * basis_size(int(inner.sum()), degree)
        if total > _MOST:
            return False
        powers = monomial_basis(int(inner.sum()), degree)
        rows = np.zeros((len(powers), len(inner)), dtype=np.int64)
        rows[:, inner] = powers
        found.append((p[:, None, :] + rows[None, :, :]).reshape(-1, len(inner)))
        return True

    if not multiplied(original.minimize.exponents, plan.normalization.degree):
        return None
    if not multiplied(np.zeros((1, len(inner)), dtype=np.int64), plan.normalization.degree):
        return None
    for block in plan.blocks:
        degree = int(block.basis.sum(axis=1).max(initial=0))
        if block.matrix is not None:
            part = original.matrix_inequalities[block.matrix.number]
            entries = [part[i][j].exponents for i in block.matrix.rows for j in block.matrix.rows]
            if not multiplied(unique_rows(np.concatenate(entries))[0], 2 * degree):
                return None
            continue
        psd = block.kind is BlockKind.PSD
        known = original.inequalities if psd else original.equalities
        p = Polynomial.constant(1.0, original.variables)
        for factor in block.factors:
            p = p * known[factor] if len(block.factors) > 1 else known[factor]
        if not multiplied(p.exponents, 2 * degree if psd else degree):
            return None
    return len(unique_rows(np.concatenate(found))[0])
