"""Functions that files name: those of NumPy and SciPy that are used as activations. Nothing else is ever looked up."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from ..errors import InvalidInput
from ..machine.checks import shown
from ..machine.documents import Part

#: The functions of one argument by module.
KNOWN = {
    "numpy": (
        "abs", "absolute", "arctan", "arcsinh", "cbrt", "ceil", "cos", "cosh", "exp", "exp2", "expm1", "fabs", "floor",
        "log", "log1p", "negative", "positive", "rint", "sign", "sin", "sinc", "sinh", "sqrt", "square", "tan", "tanh",
    ),
    "scipy.special": ("erf", "erfc", "expit", "log_ndtr", "ndtr"),
}  # fmt: skip


def name_of_function(function: Callable[[Any], Any]) -> str:
    """Return the name under which a file holds a function.

    Raises
    ------
    InvalidInput
        It is none of those that are known: a file holds no code.
    """
    for module, names in KNOWN.items():
        if module in sys.modules:  # else nobody has a function of it
            for name in names:
                if getattr(sys.modules[module], name, None) is function:
                    return f"{module}.{name}"
    raise InvalidInput(
        f"to_json: {shown(function)} is a function of your own, and a file holds no code; functions of numpy and "
        f"scipy.special such as numpy.tanh are kept by name"
    )


def function_of(part: Part) -> Callable[[Any], Any]:
    """Return the function that a file names."""
    module, _, name = part.text().rpartition(".")
    if name not in KNOWN.get(module, ()):
        raise part.wrong("the name of a known function, such as 'numpy.tanh'")
    found: Callable[[Any], Any] = getattr(import_module(module), name)
    return found
