r"""Phases that a problem does not see, and the variables that may be taken as real for it.

The problem is left as it is by :math:`z_k \to e^{i\theta_k} z_k` where :math:`\theta \cdot (\alpha - \beta) = 0` for
every monomial :math:`z^\alpha \bar z^\beta`: a linear space of :math:`\theta`. Where it has dimension `d`, there are
`d` variables on whose phases it is projected one to one, so that every feasible point is turned into one with the same
objective in which these `d` are real.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction


def free_phases(charges: Iterable[tuple[int, ...]], n: int) -> tuple[int, ...]:
    r"""Return the variables whose phases may be chosen, all at once, as numbers of columns.

    They are the columns without a pivot of the matrix of the charges :math:`\alpha - \beta`, eliminated from the last
    column on: given the :math:`\theta_k` of these, the equations have one solution. So the first variables are free
    where there is a choice.
    """
    rows = [[Fraction(value) for value in row] for row in sorted({*charges}) if any(row)]
    pivots, done = [], 0
    for column in reversed(range(n)):
        pivot = next((i for i in range(done, len(rows)) if rows[i][column]), None)
        if pivot is None:
            continue
        rows[done], rows[pivot] = rows[pivot], rows[done]
        for i in range(done + 1, len(rows)):
            share = rows[i][column] / rows[done][column]
            if share:
                rows[i] = [a - share * b for a, b in zip(rows[i], rows[done], strict=True)]
        pivots.append(column)
        done += 1
    return tuple(column for column in range(n) if column not in pivots)
