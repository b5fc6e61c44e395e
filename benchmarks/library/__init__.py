"""Problems with sourced optima on which orders leave gaps: data are facts, the text is ours."""

from .concave import ENTRIES as CONCAVE
from .discrete import ENTRIES as DISCRETE
from .entry import Entry
from .pooling import ENTRIES as POOLING
from .process import ENTRIES as PROCESS

LIBRARY: tuple[Entry, ...] = (*CONCAVE, *POOLING, *PROCESS, *DISCRETE)

__all__ = ["LIBRARY", "Entry"]
