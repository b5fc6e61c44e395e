"""What a method is: lowest order, the settings it proposes for an order, a planner, and a reader of moments."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...bounds.dual import DualBound, dual_bound
from ...bounds.region import Region
from ...conditioning.affine import AffineChange, unchanged
from ...extraction import Flatness
from ...points.known import Known
from ...points.local_search import LocalPoint
from ...problem import Problem
from ...relaxations import Plan, Relaxation, assemble
from ...relaxations.size import assembly_seconds
from ...sdp import SDPSolution
from ...solvers import KnownPoints
from ..request import Request


@dataclass(frozen=True, eq=False)
class Setting:
    """The form in which a problem is relaxed.

    Attributes
    ----------
    change : AffineChange
        From the problem, with the ball if there is one, to its conditioned form.
    region : Region
        The set on which bounds of this form hold.
    reach : (n,) array
        Half-widths, in the conditioned variables, of the box on which residuals of the identity are bounded.
    seconds : float
        Time that an SDP solver took to find this form.
    """

    change: AffineChange
    region: Region
    reach: NDArray[np.float64]
    seconds: float = 0.0

    @property
    def everywhere(self) -> bool:
        """Whether bounds of this form hold on the whole feasible set."""
        return self.region.everything


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
class Progress:
    """What a method sees when it is asked for the next settings of an order.

    Attributes
    ----------
    known : Known
    request : Request
    tried : tuple of Tried
        Over all orders, in turn.
    rounds : tuple of tuple of Tried
        What was solved of each proposal for this order, in turn.
    unit : float
        Of relative gaps.
    """

    known: Known
    request: Request
    tried: tuple[Tried, ...]
    rounds: tuple[tuple[Tried, ...], ...]
    unit: float = 1.0


@dataclass(frozen=True, eq=False)
class Next:
    """What a method proposes.

    Attributes
    ----------
    known : Known
        The points known, with those that were found on the way.
    settings : tuple of Setting
        To be solved in turn, until nothing more can be learned; there may be none.
    last : bool
        Whether there are no further proposals for this order.
    """

    known: Known
    settings: tuple[Setting, ...] = ()
    last: bool = False


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


class OutOfTime(Exception):
    """There is no time for a relaxation."""


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
    def propose(self, progress: Progress) -> Next:
        """Return the forms in which an order is to be solved next; later ones may use what earlier ones taught."""

    @abstractmethod
    def plan(self, given: Problem | AffineChange, order: int, memory_limit: int | None = None) -> Plan:
        """Plan the relaxation of a problem, or of one that was changed.

        Raises
        ------
        OrderTooLow, ProblemTooLarge
        """

    def relax(self, setting: Setting, order: int, request: Request) -> Relaxation | None:
        """Return the relaxation of one order in a setting, None where there is none with these numbers.

        Raises
        ------
        OutOfTime
            Assembling takes longer than there is time: it is not begun.
        """
        plan = self.plan(setting.change, order, request.memory_limit)
        if assembly_seconds(plan) > request.time_left():
            raise OutOfTime
        return assemble(plan)

    def solve(self, relaxation: Relaxation, request: Request, points: KnownPoints | None = None) -> SDPSolution:
        """Solve the program of a relaxation; the moments of points that are known are a start."""
        return request.solve(relaxation.sdp, points=points)

    def predicted(self, problem: Problem, order: int) -> int | None:
        """Return how many unknowns the program of an order has, where that is known before it is made."""
        return None

    def bound(
        self, setting: Setting, relaxation: Relaxation, solution: SDPSolution, until: float
    ) -> tuple[DualBound | None, float | None]:
        """Return the bound that the dual vectors give, and what the method has proved itself, rounded down, or None."""
        return dual_bound(relaxation, solution, setting.reach, until), None

    def check(self, problem: Problem, order: int, memory_limit: int | None = None) -> None:
        """Raise what planning the relaxation of the problem in changed variables would raise."""
        self.plan(unchanged(problem), order, memory_limit)

    @abstractmethod
    def candidates(
        self, setting: Setting, relaxation: Relaxation, solution: SDPSolution, known: Known, closed: bool
    ) -> Candidates:
        """Read candidate points off the moments, improve and check them.

        `closed` says that the bound of this relaxation meets a point that is known already.
        """
