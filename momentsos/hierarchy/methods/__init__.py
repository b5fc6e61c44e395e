"""The methods of `solve`: how a problem is conditioned, relaxed, and its moments read."""

from dataclasses import dataclass, replace
from types import MappingProxyType

from ...conditioning.split import inner_basis_size, inner_degrees
from ...errors import BadOption
from ...machine.caches import kept_beside
from ...machine.checks import shown
from ...polynomials import basis_size
from ...problem import Problem
from ...relaxations import assemble
from ...relaxations.cliques import correlative_cliques
from ...relaxations.mixed import half_support
from .base import Method, Setting
from .dense import Dense
from .partial import Partial, is_affine, split_of
from .sparse import Sparse
from .squares import Squares

#: Partial relaxations whose moments are at most this many by a crude bound are counted where that decides.
COUNTED = 5_000
#: Dense relaxations of up to this many moments are as quick as sparse ones, and as strong or stronger.
QUICK = 150
#: The sparse hierarchy is taken where it has at most these shares of the moments of the dense and of the partial one. A
#: moment of the partial one is worth more: nothing is relaxed in most variables. Networks have a third or more of it.
OF_DENSE, OF_PARTIAL = 0.5, 0.1
#: Bases of more monomials than this are not enumerated to see whether the partial hierarchy would be small.
ENUMERATED = 20_000
#: One entry a method.
METHODS: MappingProxyType[str, type[Method]] = MappingProxyType(
    {cls.name: cls for cls in (Dense, Partial, Sparse, Squares)}
)


@dataclass(frozen=True)
class Choice:
    """The methods to try, in order, and why.

    Attributes
    ----------
    methods : tuple of Method
    reason : str
        Empty when the user named the method.
    first_orders : int or None
        How many orders of the first method are tried before the next one is asked; None: all.
    """

    methods: tuple[Method, ...]
    reason: str
    first_orders: int | None = None


def methods_named(name: object, problem: Problem) -> Choice:
    """Return the method of that name, or what ``"auto"`` means for `problem`.

    ``"auto"`` takes the sparse hierarchy when its lowest relaxation has at most half the moments of the dense one and a
    tenth of those of the partial one (from counts of cliques); else the partial hierarchy when its lowest relaxation
    has fewer moments than the dense one (from a bound, or counted). Where these leave a gap the dense one is next;
    elsewhere it comes first, and the partial one next, where there is one: its denominators prove bounds over
    unbounded sets that dense identities do not have. Of a problem that is quadratic, not affine, in its linear
    variables only the lowest partial order comes first: on measured data the next ones gained nothing.

    Matrix inequalities are known to the dense hierarchy alone.

    Raises
    ------
    BadOption
        An unknown name, or a method that does not know what the problem states.
    """
    if problem.matrix_inequalities and isinstance(name, str) and name in ("auto", *METHODS):
        if name not in ("auto", Dense.name):
            raise BadOption(f"method {name!r} knows no matrix inequalities: take 'dense' or 'auto'")
        return Choice(
            (Dense(),), "auto took the dense hierarchy: it knows matrix inequalities." if name == "auto" else ""
        )
    if isinstance(name, str) and name == "auto" and problem.squares is not None and not _constrained(problem):
        others = methods_named(name, replace(problem, squares=None)).methods
        return Choice((Squares(), *others), "auto took the squares: the objective is a sum of squares of residuals.")
    if isinstance(name, str) and name == "auto":
        dense = basis_size(problem.n_variables, 2 * problem.minimum_order)
        partial = _partial_moments(problem)
        sparse = _sparse_moments(problem) if dense > QUICK else dense
        if sparse <= OF_DENSE * dense and (partial is None or sparse <= OF_PARTIAL * partial):
            than = f"{_short(dense)} for the dense one" + (f" and {partial} for the partial one" if partial else "")
            reason = f"auto took the sparse hierarchy: at most {sparse} moments against {than}."
            return Choice((Sparse(), Dense()), reason)
        if partial is not None and dense <= partial <= COUNTED:
            partial = assemble(Partial().plan(problem, Partial().lowest_order(problem))).sdp.n_moments
        if partial is not None and partial < dense:
            reason = f"auto took the partial hierarchy: at most {partial} moments against {dense} for the dense one."
            return Choice((Partial(), Dense()), reason, None if is_affine(problem) else 1)
        other = (
            "no variable is affine or quadratic" if partial is None else f"the partial one has up to {partial} moments"
        )
        further = (Partial(),) if partial is not None and partial <= COUNTED else ()
        return Choice((Dense(), *further), f"auto took the dense hierarchy: {dense} moments, {other}.")
    if not isinstance(name, str) or name not in METHODS:
        raise BadOption(f"method {shown(name)}: expected 'auto' or one of {', '.join(METHODS)}")
    return Choice((METHODS[name](),), "")


def _constrained(problem: Problem) -> bool:
    return bool(problem.inequalities or problem.equalities or problem.matrix_inequalities)


def _short(count: int) -> str:
    return str(count) if count < 10**9 else f"{count:.1e}"


@kept_beside(1)
def _sparse_moments(problem: Problem) -> int:
    """Return an upper estimate of the moments of the lowest sparse relaxation: all those of each clique."""
    order = problem.minimum_order
    count, seen = 0, set[int]()
    for clique in correlative_cliques(problem, order):  # what a clique shares with those before lies in one of them
        count += basis_size(len(clique), 2 * order) - basis_size(len(seen & set(clique)), 2 * order)
        seen.update(clique)
    return count + 1


def _partial_moments(problem: Problem) -> int | None:
    """Return an upper estimate of the moments of the lowest partial relaxation, None where there is none or many."""
    split = split_of(problem)
    if not split.linear:
        return None
    top = max(inner_degrees((problem.minimize, *problem.inequalities, *problem.equalities), split))
    if is_affine(problem):
        return inner_basis_size(split, top + 2) * (1 + len(split.linear))
    if basis_size(problem.n_variables, -(-problem.minimize.degree // 2)) > ENUMERATED:
        return None
    return len(half_support(problem.minimize)) ** 2 // 2


__all__ = ["METHODS", "Choice", "Dense", "Method", "Partial", "Setting", "Sparse", "Squares", "methods_named"]
