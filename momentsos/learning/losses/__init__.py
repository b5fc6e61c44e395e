"""The losses, one file each, and the list of them."""

from .loss import Loss
from .registry import LOSSES, loss_named

__all__ = ["LOSSES", "Loss", "loss_named"]
