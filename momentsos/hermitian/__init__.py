"""Problems in complex variables, solved as problems in their real and imaginary parts."""

from .problem import ComplexProblem
from .result import ComplexResult
from .sizes import HierarchySizes

__all__ = ["ComplexProblem", "ComplexResult", "HierarchySizes"]
