"""What a method is: lowest order, settings in which an order is solved, a planner, and a reader of moments."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...conditioning.affine import AffineChange, unchanged
from ...extraction import Flatness
from ...points.known import Search
from ...points.local import LocalPoint
from ...problem import Problem
from ...relaxations import Plan, Relaxation
from ...sdp import SDPSolution
from ..request import Request

EVERYWHERE = "all of R^n"
#: The coverage of a bound whose defect is known to be harmless near the points that were found only.
BOX = "a box that contains the best point"


@dataclass(frozen=True, eq=False)
class Setting:
    """The form in which a problem is relaxed.

    Attributes
    ----------
    change : AffineChange
        From the problem, with the ball if there is one, to its conditioned form.
    coverage : str
        The set on which bounds of this form hold.
    everywhere : bool
        Whether that is the whole feasible set.
    reach : (n,) array
        Half-widths, in the conditioned variables, of the box on which residuals of the identity are bounded.
    seconds : float
        Time that an SDP solver took to find this form.
    """

    change: AffineChange
    coverage: str
    everywhere: bool
    reach: NDArray[np.float64]
    seconds: float = 0.0


@dataclass(frozen=True, eq=False)
class Tried:
    """One relaxation that was solved.

    Attributes
    ----------
    setting : Setting
    relaxation : Relaxation
    lower : float or None
        Its bound, in the units of the objective.
    upper : float or None
        The best feasible value that was known before its moments were read.
    """

    setting: Setting
    relaxation: Relaxation
    lower: float | None
    upper: float | None


@dataclass(frozen=True, eq=False)
class Candidates:
    """What the moments of one relaxation say about minimisers.

    Attributes
    ----------
    flatness : Flatness or None
    points : tuple of LocalPoint
        In the units of the search.
    dropped : tuple of str
        What was not kept, and why.
    """

    flatness: Flatness | None
    points: tuple[LocalPoint, ...]
    dropped: tuple[str, ...]


class Method(ABC):
    """One hierarchy.

    Attributes
    ----------
    name : str
        The name users type.
    resolution : float
        The share of the targets' size against which `learn` measures a gap: how finely the method can tell a loss
        from zero.
    """

    name: ClassVar[str]
    resolution: ClassVar[float] = 1.0

    @abstractmethod
    def lowest_order(self, problem: Problem) -> int:
        """Return the lowest order at which the relaxation exists."""

    @abstractmethod
    def settings(self, search: Search, request: Request, tried: list[Tried]) -> Iterator[Setting]:
        """Yield the forms in which one order is solved; later ones may use what earlier ones taught.

        `tried` grows by one for each setting that was solved, over all orders.
        """

    @abstractmethod
    def plan(self, given: Problem | AffineChange, order: int, memory_limit: int | None = None) -> Plan:
        """Plan the relaxation of a problem, or of one that was changed.

        Raises
        ------
        OrderTooLow, ProblemTooLarge
        """

    def check(self, problem: Problem, order: int, memory_limit: int | None = None) -> None:
        """Raise what planning the relaxation of the problem in changed variables would raise."""
        self.plan(unchanged(problem), order, memory_limit)

    @abstractmethod
    def candidates(
        self, setting: Setting, relaxation: Relaxation, solution: SDPSolution, search: Search, closed: bool
    ) -> Candidates:
        """Read candidate points off the moments, improve and check them.

        `closed` says that the bound of this relaxation meets a point that is known already.
        """
