"""What `Result.plot` and `Fit.plot` draw: kinds of plots by name."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from numpy.typing import ArrayLike

from ..errors import BadOption, InvalidInput
from ..hierarchy.result import Result
from ..learning.data import checked_data
from ..learning.fit import Fit
from ..machine.checks import shown
from .activations import activations
from .blocks import block_sizes
from .bounds import bounds
from .ranks import singular_values
from .residuals import residual_norms, residuals
from .sparsity import sparsity

#: Kinds of plots of every result.
KINDS: MappingProxyType[str, Callable[..., Any]] = MappingProxyType(
    {
        "bounds": bounds,
        "singular_values": singular_values,
        "block_sizes": block_sizes,
        "sparsity": sparsity,
    }
)
#: Kinds of plots that only fits have; the last two need data.
OF_FITS = ("activations", "residuals", "residual_norms")


def plot(
    result: Result,
    kind: str,
    ax: Any = None,
    X: ArrayLike | None = None,
    Y: ArrayLike | None = None,
    originals: Any = None,
) -> Any:
    """Draw a result; see `Result.plot` and `Fit.plot` for the arguments.

    Raises
    ------
    BadOption
        A kind that there is not.
    InvalidInput, SolverUnavailable
        There is nothing to draw, arguments do not match, or matplotlib is missing.
    """
    if isinstance(kind, str) and kind in KINDS:
        return KINDS[kind](result, ax=ax)
    if not isinstance(result, Fit) or kind not in OF_FITS:
        names = (*KINDS, *(OF_FITS if isinstance(result, Fit) else ()))
        raise BadOption(f"plot: kind = {shown(kind)}: expected one of {', '.join(names)}")
    if kind == "activations":
        return activations(result, X, originals, ax)
    if result.network is None or result.coefficients is None:
        raise InvalidInput("plot: no coefficients were learned, there is nothing to draw")
    if X is None or Y is None:
        raise InvalidInput(f"plot: {kind} need the data: plot({kind!r}, X=X, Y=Y)")
    inputs, targets = checked_data(result.network, X, Y)
    draw = residuals if kind == "residuals" else residual_norms
    return draw(result.network.predict(inputs) - targets, ax, result.status.name)
