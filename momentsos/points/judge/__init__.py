"""The judge of points: the only place where a point gets its value and its feasibility, in the problem as given."""

from .judge import PointJudge
from .records import Feasibility, Refusal, Value, Verdict

__all__ = ["Feasibility", "PointJudge", "Refusal", "Value", "Verdict"]
