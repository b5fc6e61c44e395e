"""An interior-point solver for moment programs, written for many small blocks that share their moments."""

from .adapter import NativeSolver

__all__ = ["NativeSolver"]
