"""Many tasks at once: on processes of this machine or workers of dask, resumable, whole or not there."""

from .failure import Failure
from .many import learn_many, solve_many
from .sweep import Sweep

__all__ = ["Failure", "Sweep", "learn_many", "solve_many"]
