r"""The sparse hierarchy: one moment matrix for each clique of variables, divided into blocks of monomials.

Correlative sparsity replaces the moment matrix in all variables by one for each clique
(`momentsos.relaxations.cliques`), and gives each constraint to a clique that has its variables. Term sparsity divides
each matrix into blocks (`momentsos.relaxations.term_graph`). Before that, basis monomials whose squares cannot occur
are left out (`momentsos.sdp.forced_zeros`), over all cliques together.

Source: Lasserre, *Convergent SDP-relaxations in polynomial optimization with sparsity*, SIAM J. Optim. 17 (2006);
Waki, Kim, Kojima and Muramatsu, SIAM J. Optim. 17 (2006); Wang, Magron, Lasserre and Mai, *CS-TSSOS*, ACM Trans. Math.
Softw. 48 (2022).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import BadOption, OrderTooLow
from ..polynomials import Polynomial, Support, basis_size, monomial_basis
from ..problem import Problem
from ..sdp.diagonal_zeros import zeros_on_diagonals
from .cliques import Clique, correlative_cliques
from .plan import Block, BlockKind, Plan
from .size import refuse_if_too_large
from .term_graph import DIVISIONS, Condition, Products, products_of, term_blocks


@dataclass(frozen=True, eq=False)
class _Whole:
    """A block that has not been divided: its polynomial, variables, and the degree of its basis."""

    polynomial: Polynomial
    clique: Clique
    degree: int
    kind: BlockKind
    factors: tuple[int, ...]

    @property
    def size(self) -> int:
        return basis_size(len(self.clique), self.degree)

    @property
    def entries(self) -> int:
        pairs = self.size * (self.size + 1) // 2 if self.kind is BlockKind.PSD else self.size
        return pairs * len(self.polynomial)


def sparse_plan(problem: Problem, order: int, memory_limit: int | None = None, terms: str = "components") -> Plan:
    r"""Plan the sparse relaxation of `problem`.

    For the cliques :math:`I_l`: :math:`L([x_{I_l}]_k [x_{I_l}]_k^\top) \succeq 0`; for each constraint, with the
    smallest clique that has its variables, :math:`L(g_j [x_{I_l}]_{k - \lceil \deg g_j / 2 \rceil} [\cdot]^\top)
    \succeq 0` or :math:`L(h_j x^\alpha) = 0` for :math:`|\alpha| \le 2k - \deg h_j` in the variables of the clique.
    A constraint that no clique has is multiplied by a number. All matrices are divided by term sparsity.

    Parameters
    ----------
    problem : Problem
    order : int
        The `k`, at least `problem.minimum_order`.
    memory_limit : int, optional
        Bytes that assembling may take; by default half of what is free.
    terms : {"components", "cliques", "undivided"}
        How term sparsity divides a matrix: into the connected components of the final graph, which changes no bound;
        into the maximal cliques of chordal extensions, which are smaller and may have a lower bound; or not at all.

    Raises
    ------
    BadOption, OrderTooLow, ProblemTooLarge
    """
    if terms not in DIVISIONS:
        raise BadOption(f"terms = {terms!r}: expected one of {', '.join(DIVISIONS)}")
    lowest = problem.minimum_order
    if order < lowest:
        raise OrderTooLow(
            f"order {order}: the sparse relaxation of a problem of degree {problem.degree} begins at order {lowest}"
        )
    wholes = list(_wholes(problem, order))
    entries = sum(whole.entries for whole in wholes)
    title = f"the sparse relaxation of order {order} in {problem.n_variables} variables"
    refuse_if_too_large(title, problem.n_variables, entries, memory_limit)
    conditions = [_condition(whole) for whole in wholes]
    products = products_of(conditions, problem.minimize.exponents)
    blocks = term_blocks(products, _alive(products), terms)
    one = Polynomial.constant(1.0, problem.variables)
    return Plan(problem.minimize, one, tuple(_divided(wholes, conditions, products, blocks)), order, "sparse")


def _wholes(problem: Problem, order: int) -> Iterator[_Whole]:
    """Yield the moment matrices of all cliques, then a block for each constraint."""
    cliques = correlative_cliques(problem, order)
    one = Polynomial.constant(1.0, problem.variables)
    for clique in cliques:
        yield _Whole(one, clique, order, BlockKind.PSD, ())
    holders: list[set[int]] = [set() for _ in range(problem.n_variables)]
    for number, clique in enumerate(cliques):
        for i in clique:
            holders[i].add(number)
    for j, g in enumerate(problem.inequalities):
        home = _home(g, cliques, holders)
        yield _Whole(g, home or (), order - (g.degree + 1) // 2 if home else 0, BlockKind.PSD, (j,))
    for number, h in enumerate(problem.equalities):
        home = _home(h, cliques, holders)
        yield _Whole(h, home or (), 2 * order - h.degree if home else 0, BlockKind.ZERO, (number,))


def _home(g: Polynomial, cliques: Sequence[Clique], holders: Sequence[set[int]]) -> Clique | None:
    """Return the smallest clique with all variables of a constraint, the first of them; None where there is none."""
    used = np.flatnonzero(g.support.occurs).tolist()
    common = set.intersection(*(holders[i] for i in used)) if used else {0}
    return min((cliques[number] for number in sorted(common)), key=len, default=None)


def _condition(whole: _Whole) -> Condition:
    """Return the block in its own variables alone."""
    g = whole.polynomial
    columns = np.union1d(np.array(whole.clique, dtype=np.int64), np.flatnonzero(g.support.occurs))
    basis = np.zeros((whole.size, len(columns)), dtype=np.int64)
    basis[:, np.searchsorted(columns, whole.clique)] = monomial_basis(len(whole.clique), whole.degree)
    return Condition(columns, basis, g.exponents[:, columns], np.sign(g.values), whole.kind is BlockKind.PSD)


def _alive(products: Products) -> NDArray[np.bool_]:
    """Return which rows can occur in an identity (`momentsos.sdp.forced_zeros`), or all where there is none.

    There is none where monomials of the objective are left without a block: then the objective has no bound of this
    order, and the program should show it.
    """
    last = products.rows - 1
    squares = products.second < last
    fixed = products.support.copy()
    fixed[products.moment[~squares[products.pair]]] = True
    entries = squares[products.pair]
    pair, moment = products.pair[entries], products.moment[entries]
    sign = products.sign[entries]
    dead = zeros_on_diagonals(products.first, products.second, pair, moment, sign, fixed, products.rows)
    seen = np.zeros_like(fixed)
    seen[products.moment[~(dead[products.first] | dead[products.second])[products.pair]]] = True
    return ~dead if seen[products.support].all() else np.ones_like(dead)


def _divided(
    wholes: Sequence[_Whole], conditions: Sequence[Condition], products: Products, blocks: Sequence[NDArray[np.intp]]
) -> Iterator[Block]:
    """Yield the blocks, those of equalities last."""
    n, last = len(wholes[0].polynomial.variables), products.rows - 1

    def block(number: int, rows: NDArray[np.intp]) -> Block:
        whole, condition = wholes[number], conditions[number]
        basis = np.zeros((len(rows), n), dtype=np.int64)
        basis[:, condition.columns] = condition.basis[rows - products.starts[number]]
        return Block(whole.polynomial, Support(basis), whole.kind, whole.factors)

    for rows in blocks:
        number = int(np.searchsorted(products.starts, rows[0], side="right")) - 1
        if number < len(conditions) and conditions[number].square:
            yield block(number, rows)
    equations = np.unique(np.concatenate([rows for rows in blocks if rows[-1] == last]))[:-1]
    homes = np.searchsorted(products.starts, equations, side="right") - 1
    for number in np.unique(homes).tolist():
        yield block(number, equations[homes == number])
