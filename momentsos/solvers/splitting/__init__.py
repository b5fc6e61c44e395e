"""A first-order method for large blocks, which starts at the moments of known points."""

from .adapter import SplittingSolver

__all__ = ["SplittingSolver"]
