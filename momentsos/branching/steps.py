"""What a node's box was made from: the steps of a proof, in the order in which they were taken.

A step says: these multiples of rows add up to a polynomial that is nonnegative at every feasible point that matters,
and therefore these monomials have these bounds while the others lie in the box so far. Without rows it says that the
interval of a product and of one factor imply that of the other. The rows are those of the box before the step.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import NamedTuple

from .rows import Key

#: In place of another variable: the bound comes from those of the factors of the lifted variable.
OWN_FACTORS = -2


class Bounded(NamedTuple):
    """A bound of a column; without rows of the lifted variable `column`, from its product with `other`."""

    column: int
    upper: bool
    value: float
    other: int = -1


@dataclass(frozen=True)
class Step:
    """Rows with their multipliers, and the bounds that follow.

    A step that is not `fresh` has rows that were made on the same box as those of the step before. `cutoff` is what the
    objective was to stay below then, divided by its scale.
    """

    rows: tuple[tuple[Key, float | Fraction], ...]
    bounds: tuple[Bounded, ...]
    fresh: bool = True
    cutoff: float = math.inf


@dataclass(frozen=True)
class Closed:
    """Why a box holds no point that matters: the sum of these rows is negative on all of it.

    Without rows an interval of the box is empty. `fresh` and `cutoff` are as for a step.
    """

    rows: tuple[tuple[Key, float | Fraction], ...]
    fresh: bool = True
    cutoff: float = math.inf


@dataclass(frozen=True)
class Split:
    """How a box was split: at a value of a lifted variable, or by an equality whose two factors cannot both be nonzero.

    Attributes
    ----------
    variables : (int, int)
        Twice the same for a split at a value.
    sides : ((float, float), (float, float))
        What the interval of the variable is cut to in either child.
    equality : int
        The number of the equality, -1 for a split at a value.
    zeros : (Fraction, Fraction) or None
        The zeros of its factors, inside of `sides`.
    """

    variables: tuple[int, int]
    sides: tuple[tuple[float, float], tuple[float, float]]
    equality: int = -1
    zeros: tuple[Fraction, Fraction] | None = None


@dataclass(frozen=True)
class Record:
    """A node of a tree that was searched: what was done in its box, and how that ended.

    Attributes
    ----------
    parent : int
        The number of its parent's record, -1 for the root.
    side : int
        Which child it is.
    steps : tuple of Step
    end : Closed, Split or None
        None for a node that is open.
    """

    parent: int
    side: int
    steps: tuple[Step, ...] = ()
    end: Closed | Split | None = None


class Ended(Enum):
    """Why a search has ended."""

    CLOSED = "closed"
    TIME = "time"
    MEMORY = "memory"
    NARROW = "narrow"
    INTERRUPTED = "interrupted"
