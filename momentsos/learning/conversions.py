"""Networks from objects of other libraries, and back: where that is done is a room above, named after the library."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from ..errors import InvalidInput


def converter(library: str) -> ModuleType:
    """Return the module that converts networks for a library, which is imported now.

    Raises
    ------
    InvalidInput
        The library is not installed.
    """
    if find_spec(library) is None:
        raise InvalidInput(f"{library} is not installed: pip install 'momentsos[{library}]'")
    return import_module(f"{__package__.partition('.')[0]}.{library}.convert")
