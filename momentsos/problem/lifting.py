"""Ratios as variables of their own, and a problem in the language of sympy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..polynomials import Polynomial, to_sympy
from ..polynomials.polynomial import variables

if TYPE_CHECKING:
    from .problem import Problem


def lifting(
    names: tuple[str, ...], ratios: Sequence[tuple[Polynomial, Polynomial]]
) -> tuple[tuple[str, ...], list[Polynomial]]:
    r"""Return names with a new one `t_i` for each ratio, and the :math:`t_i q_i - p_i`."""
    given = names
    for number in range(len(ratios)):
        name = f"t{number}"
        while name in names:
            name = f"{name}_"
        names = (*names, name)
    t = variables(names[len(given) :])
    return names, [(v * q - p).over(names) for v, (p, q) in zip(t, ratios, strict=True)]


def as_sympy(problem: Problem) -> tuple[Any, ...]:
    """Return objective, inequalities, equalities, and matrix inequalities where there are any, as sympy has them."""
    turned = problem.sense.turned
    objective = to_sympy(turned(problem.minimize))
    for p, q in problem.ratios:
        objective = objective + to_sympy(turned(p)) / to_sympy(q)
    stated = (objective, [to_sympy(g) for g in problem.inequalities], [to_sympy(h) for h in problem.equalities])
    if not problem.matrix_inequalities:
        return stated
    from sympy import Matrix

    matrices = [Matrix([[to_sympy(p) for p in row] for row in each]) for each in problem.matrix_inequalities]
    return (*stated, matrices)
