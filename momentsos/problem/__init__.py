"""A polynomial optimisation problem: the record, how people state one, and its JSON."""

from .problem import Problem, term_size
from .sense import Sense

__all__ = ["Problem", "Sense", "term_size"]
