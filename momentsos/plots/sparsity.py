"""Which variables of a problem meet, and what the chordal extension adds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import InvalidInput
from ..hierarchy.result import Result
from ..machine.checks import integer
from ..problem import Problem
from ..relaxations.cliques import chordal_cliques, correlative_graph
from .canvas import BLUE, ORANGE, WIDE, dressed, legend, on

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Names of up to this many variables are written along both sides.
_WRITTEN = 16


def sparsity(problem: Problem | Result, order: int | None = None, ax: Axes | None = None) -> Axes:
    """Draw the pairs of variables that meet in a monomial or a constraint, and those that its cliques add.

    Parameters
    ----------
    problem : Problem or Result
    order : int, optional
        Of the relaxation: in low orders constraints of high degree join only the variables of their monomials. By
        default the lowest order.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    InvalidInput
    """
    found = problem.problem if isinstance(problem, Result) else problem
    if not isinstance(found, Problem):
        raise InvalidInput(f"problem: expected a momentsos.Problem or a Result, got {type(problem).__name__}")
    found = found.lifted().spelled_out()
    parts = (found.minimize, *found.inequalities, *found.equalities)
    lowest = max(1, max(-(-part.degree // 2) for part in parts))
    graph = correlative_graph(found, lowest if order is None else integer(order, "order", 1, 10_000))
    cliques = chordal_cliques(graph)
    n = found.n_variables
    meets, joined = np.eye(n, dtype=bool), np.eye(n, dtype=bool)
    for i, near in enumerate(graph):
        meets[i, list(near)] = True
    for clique in cliques:
        joined[np.ix_(clique, clique)] = True
    ax = on(ax, WIDE, 4.2)
    side = max(1.0, min(24.0, 130.0 / n))
    for pattern, color, label in ((meets, BLUE, "meet"), (joined & ~meets, ORANGE, "joined by a clique")):
        rows, columns = np.nonzero(pattern)
        if len(rows):
            ax.plot(columns, rows, "s", color=color, markersize=side, label=label)
    largest = max(map(len, cliques))
    count = "1 clique" if len(cliques) == 1 else f"{len(cliques)} cliques"
    dressed(ax, f"{n} variables, {count}, the largest of {largest}", "variable", "variable")
    ax.set_aspect("equal")
    ax.set_xlim(-0.7, n - 0.3)
    ax.set_ylim(n - 0.3, -0.7)
    if n <= _WRITTEN:
        names = [name.replace("$", r"\$") for name in found.variables]
        ax.set_xticks(range(n), names, rotation=90 if max(map(len, names)) > 2 else 0)
        ax.set_yticks(range(n), names)
    return legend(ax, beside=True)
