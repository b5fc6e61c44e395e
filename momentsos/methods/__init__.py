"""The methods of `solve`: how a problem is conditioned, relaxed, and its moments read."""

from types import MappingProxyType

from ..errors import BadOption
from ..polynomials import basis_size
from ..problem import Problem
from ..relaxations.mixed import half_support
from ..relaxations.split import inner_basis_size, inner_degree
from .base import Method, Setting
from .dense import Dense
from .partial import Partial, is_affine, split_of

#: One entry a method.
METHODS: MappingProxyType[str, type[Method]] = MappingProxyType({cls.name: cls for cls in (Dense, Partial)})


def methods_named(name: object, problem: Problem) -> list[Method]:
    """Return the methods to try: the one of that name, or what ``"auto"`` means for `problem`.

    Raises
    ------
    BadOption
        An unknown name.
    """
    if name == "auto":
        return [Partial(), Dense()] if _partial_is_smaller(problem) else [Dense()]
    if not isinstance(name, str) or name not in METHODS:
        raise BadOption(f"method {name!r}: expected 'auto' or one of {', '.join(METHODS)}")
    return [METHODS[name]()]


def _partial_is_smaller(problem: Problem) -> bool:
    """Whether the lowest partial relaxation has fewer moments than the lowest dense one."""
    split = split_of(problem)
    if not split.linear:
        return False
    top = max(inner_degree(p, split) for p in (problem.minimize, *problem.inequalities, *problem.equalities))
    if is_affine(problem):
        moments = inner_basis_size(split, top + 2) * (1 + len(split.linear))
    else:
        moments = len(half_support(problem.minimize)) ** 2 // 2
    return moments < basis_size(problem.n_variables, 2 * problem.minimum_order)


__all__ = ["METHODS", "Dense", "Method", "Partial", "Setting", "methods_named"]
