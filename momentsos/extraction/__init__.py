"""From pseudo-moments to points: ranks, flat truncation, atoms."""

from .atoms import Atoms, extract_atoms, first_moments
from .flatness import Flatness, FlatTest, test_flatness
from .orbits import orbit_points
from .ranks import Rank, RankRule

__all__ = [
    "Atoms",
    "FlatTest",
    "Flatness",
    "Rank",
    "RankRule",
    "extract_atoms",
    "first_moments",
    "orbit_points",
    "test_flatness",
]
