"""Moment problems: programs over several measures, linear in their moments."""

from .expressions import Measure, MomentConstraint, MomentExpression
from .program import MomentProblem
from .result import AtomicMeasure, MomentResult

__all__ = ["AtomicMeasure", "Measure", "MomentConstraint", "MomentExpression", "MomentProblem", "MomentResult"]
