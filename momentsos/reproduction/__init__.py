"""The published experiments again: Example 3.4, Tables 1-5 and Figure 1, resumable and in parallel."""

from .cases import LAWS, Case, Settings
from .experiments import EXPERIMENTS, Experiment, Selection, experiments_named
from .measure import Outcome, measure
from .published import DEGREES, SIZES, TABLES, Published
from .run import Run, run
from .store import Store

__all__ = [
    "DEGREES",
    "EXPERIMENTS",
    "LAWS",
    "SIZES",
    "TABLES",
    "Case",
    "Experiment",
    "Outcome",
    "Published",
    "Run",
    "Selection",
    "Settings",
    "Store",
    "experiments_named",
    "measure",
    "run",
]
