"""The methods of `solve`: how a problem is conditioned, relaxed, and its moments read."""

from types import MappingProxyType

from ..errors import BadOption
from ..problem import Problem
from .base import Method, Setting
from .dense import Dense

#: One entry a method.
METHODS: MappingProxyType[str, type[Method]] = MappingProxyType({cls.name: cls for cls in (Dense,)})


def method_named(name: object, problem: Problem) -> Method:
    """Return the method of that name; ``"auto"`` chooses by `problem`.

    Raises
    ------
    BadOption
        An unknown name.
    """
    if name == "auto":
        return Dense()
    if not isinstance(name, str) or name not in METHODS:
        raise BadOption(f"method {name!r}: expected 'auto' or one of {', '.join(METHODS)}")
    return METHODS[name]()


__all__ = ["METHODS", "Dense", "Method", "Setting", "method_named"]
