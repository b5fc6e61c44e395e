"""The methods of `solve`: how a problem is conditioned, relaxed, and its moments read."""

from dataclasses import dataclass
from types import MappingProxyType

from ..errors import BadOption
from ..polynomials import basis_size
from ..problem import Problem
from ..relaxations.mixed import half_support
from ..relaxations.split import inner_basis_size, inner_degrees
from .base import Method, Setting
from .dense import Dense
from .partial import Partial, is_affine, split_of

#: One entry a method.
METHODS: MappingProxyType[str, type[Method]] = MappingProxyType({cls.name: cls for cls in (Dense, Partial)})


@dataclass(frozen=True)
class Choice:
    """The methods to try, in order, and why.

    Attributes
    ----------
    methods : tuple of Method
    reason : str
        Empty when the user named the method.
    """

    methods: tuple[Method, ...]
    reason: str


def methods_named(name: object, problem: Problem) -> Choice:
    """Return the method of that name, or what ``"auto"`` means for `problem`.

    ``"auto"`` takes the partial hierarchy, and then the dense one where that gave no bound, when its lowest relaxation
    has fewer moments (a bound from counts); otherwise the dense one.

    Raises
    ------
    BadOption
        An unknown name.
    """
    if name == "auto":
        dense = basis_size(problem.n_variables, 2 * problem.minimum_order)
        partial = _partial_moments(problem)
        if partial is not None and partial < dense:
            reason = f"auto took the partial hierarchy: at most {partial} moments against {dense} for the dense one."
            return Choice((Partial(), Dense()), reason)
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


__all__ = ["METHODS", "Choice", "Dense", "Method", "Partial", "Setting", "methods_named"]
