"""The list of the losses: one line each."""

from __future__ import annotations

from types import MappingProxyType

from ...errors import BadOption
from ...machine.checks import shown
from .loss import Loss
from .max_abs import MaxAbs
from .mean_abs import MeanAbs
from .mean_residual import MeanResidual
from .mean_squared import MeanSquared

#: One entry a loss.
LOSSES: MappingProxyType[str, Loss] = MappingProxyType(
    {loss.name: loss for loss in (MeanSquared(), MeanResidual(), MaxAbs(), MeanAbs())}
)


def loss_named(name: object) -> Loss:
    """Return the loss of that name.

    Raises
    ------
    BadOption
        An unknown name.
    """
    if not isinstance(name, str) or name not in LOSSES:
        raise BadOption(f"loss {shown(name)}: expected one of {', '.join(LOSSES)}")
    return LOSSES[name]
