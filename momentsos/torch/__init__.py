"""PyTorch: polynomial activations as modules, and what it takes to fit those of a trained module.

PyTorch itself is imported when one of the names here is first used; the extra ``torch`` installs it.
"""

TYPE_CHECKING = False  # as in `typing`, which is not imported for it
if TYPE_CHECKING:
    from typing import Any

    from .activation import PolynomialActivation
    from .planning import Plan, plan

__all__ = ["Plan", "PolynomialActivation", "plan"]

_HOME = {"Plan": "planning", "PolynomialActivation": "activation", "plan": "planning"}


def __getattr__(name: str) -> "Any":
    from importlib import import_module

    from ..errors import InvalidInput

    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        import_module("torch")
    except ModuleNotFoundError as error:
        raise InvalidInput("PyTorch is not installed: pip install 'momentsos[torch]'") from error
    value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> "list[str]":
    return sorted({*globals(), *__all__})
