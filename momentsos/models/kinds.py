"""Which kinds of trained models there are, and where each is taken in; nothing is imported before one comes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from ..errors import InvalidInput
from ..machine.checks import shown
from .model import Model


@dataclass(frozen=True)
class Kind:
    """A kind of trained models.

    Attributes
    ----------
    root : str
        The package from which classes of such models inherit.
    home : str
        The module here that has ``model_of(object, X) -> Model``, which raises `InvalidInput` for what it cannot take.
    """

    root: str
    home: str


#: One entry a kind.
KINDS = (Kind("torch", "torch.model"), Kind("sklearn", "models.sklearn_model"), Kind("onnx", "onnx.model"))
#: The kind that files are of.
_FILES = "onnx"


def home_of(module: str, extra: str) -> Any:
    """Return a module of this package; raise `InvalidInput` where what it needs is not installed."""
    try:
        return import_module(f"{__package__.rpartition('.')[0]}.{module}")
    except ModuleNotFoundError as error:
        raise InvalidInput(f"model: {error.name} is not installed: pip install 'momentsos[{extra}]'") from error


def model_of(given: Any, X: Any) -> Model:
    """Return a user's object as a model, with inputs of the shape that it takes.

    Raises
    ------
    InvalidInput
        It is of no kind that is known, or that kind refuses it.
    """
    is_file = isinstance(given, str | os.PathLike)
    bases = {_FILES} if is_file else {base.__module__.partition(".")[0] for base in type(given).__mro__}
    for kind in KINDS:
        if kind.root in bases:
            found: Model = home_of(kind.home, kind.root).model_of(given, X)
            return found
    known = ", ".join(kind.root for kind in KINDS)
    raise InvalidInput(f"model: expected a trained model of {known}, or the path of an ONNX file, got {shown(given)}")
