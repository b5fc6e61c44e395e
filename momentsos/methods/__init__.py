"""The methods of `solve`: how a problem is conditioned, relaxed, and its moments read."""

from dataclasses import dataclass
from types import MappingProxyType

from ..errors import BadOption
from ..polynomials import basis_size
from ..problem import Problem
from ..relaxations import assemble
from ..relaxations.mixed import half_support
from ..relaxations.split import inner_basis_size, inner_degrees
from .base import Method, Setting
from .dense import Dense
from .partial import Partial, is_affine, split_of
from .sparse import Sparse

#: Partial relaxations whose moments are at most this many by a crude bound are counted where that decides.
COUNTED = 5_000
#: One entry a method.
METHODS: MappingProxyType[str, type[Method]] = MappingProxyType({cls.name: cls for cls in (Dense, Partial, Sparse)})


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

    ``"auto"`` takes the partial hierarchy when its lowest relaxation has fewer moments (from a bound, or counted), and
    then the dense one where that left a gap; otherwise the dense one. Of a problem that is quadratic, not affine, in
    its linear variables only the lowest partial order comes first: on measured data the next ones gained nothing.

    Raises
    ------
    BadOption
        An unknown name.
    """
    if name == "auto":
        dense = basis_size(problem.n_variables, 2 * problem.minimum_order)
        partial = _partial_moments(problem)
        if partial is not None and dense <= partial <= COUNTED:
            partial = assemble(Partial().plan(problem, Partial().lowest_order(problem))).sdp.n_moments
        if partial is not None and partial < dense:
            reason = f"auto took the partial hierarchy: at most {partial} moments against {dense} for the dense one."
            return Choice((Partial(), Dense()), reason, None if is_affine(problem) else 1)
        other = (
            "no variable is affine or quadratic" if partial is None else f"the partial one has up to {partial} moments"
        )
        return Choice((Dense(),), f"auto took the dense hierarchy: {dense} moments, {other}.")
    if not isinstance(name, str) or name not in METHODS:
        raise BadOption(f"method {name!r}: expected 'auto' or one of {', '.join(METHODS)}")
    return Choice((METHODS[name](),), "")


def _partial_moments(problem: Problem) -> int | None:
    """Return an upper estimate of the moments of the lowest partial relaxation, None where there is none."""
    split = split_of(problem)
    if not split.linear:
        return None
    top = max(inner_degrees((problem.minimize, *problem.inequalities, *problem.equalities), split))
    if is_affine(problem):
        return inner_basis_size(split, top + 2) * (1 + len(split.linear))
    return len(half_support(problem.minimize)) ** 2 // 2


__all__ = ["METHODS", "Choice", "Dense", "Method", "Partial", "Setting", "Sparse", "methods_named"]
