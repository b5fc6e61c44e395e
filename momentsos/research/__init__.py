"""What relaxations hold, for research: pseudo-moments and multipliers in the user's variables, CVXPY and back."""

from .functional import LocalizingMatrix, Moments, moments
from .identity import FreeMultiplier, Multipliers, SOSMultiplier, multipliers
from .one_by_one import orders

__all__ = [
    "FreeMultiplier",
    "LocalizingMatrix",
    "Moments",
    "Multipliers",
    "SOSMultiplier",
    "moments",
    "multipliers",
    "orders",
]
