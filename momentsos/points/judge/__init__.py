"""The judge of points: the only place where a point gets its value and its feasibility, in the problem as given."""

from .compiled import values_at
from .judge import PointJudge
from .records import Feasibility, Refusal, Value, Verdict, rounded_up

__all__ = ["Feasibility", "PointJudge", "Refusal", "Value", "Verdict", "rounded_up", "values_at"]
