"""Whether a bound is a theorem, and if not, what stands in the way."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum


class Unproved(Enum):
    """Why a bound is not proved; the value of each member says what stands in the way."""

    NO_IDENTITY = "no exact identity was seen near the numerical one"
    OTHER_POLYNOMIALS = "the plan is not one for this problem, or its monomials are not those of the relaxation"
    DENOMINATOR = "the denominator is not seen to be at least one everywhere"
    UNBOUNDED_BOX = "a variable that the defect depends on has no bounds"
    NOT_SPREAD = "monomials whose defect neither blocks nor equations are seen to take up"
    NO_ROOM = "the defect that is left exceeds the room that the Gram matrices have"
    TOO_LARGE = "numbers so large that products of them could overflow"


@dataclass(frozen=True)
class Proof:
    """Whether a bound is proved, and what.

    Attributes
    ----------
    proved : bool
    value : float
        The bound in the units of the relaxation's objective, rounded down; ``-inf`` where nothing is proved.
    reason : Unproved or None
        Why not.
    """

    proved: bool
    value: float = -math.inf
    reason: Unproved | None = None

    @classmethod
    def none(cls, reason: Unproved) -> Proof:
        """Nothing is proved."""
        return cls(False, reason=reason)
