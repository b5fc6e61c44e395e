"""What relaxations hold, for research: pseudo-moments and multipliers in the user's variables, CVXPY and back."""

from .functional import LocalizingMatrix, Moments, moments
from .identity import FreeMultiplier, Multipliers, SOSMultiplier, multipliers
from .in_cvxpy import CheckedBound, CVXPYRelaxation, relax_in_cvxpy
from .one_by_one import orders

__all__ = [
    "CVXPYRelaxation",
    "CheckedBound",
    "FreeMultiplier",
    "LocalizingMatrix",
    "Moments",
    "Multipliers",
    "SOSMultiplier",
    "moments",
    "multipliers",
    "orders",
    "relax_in_cvxpy",
]
