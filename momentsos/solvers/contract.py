"""What a solver adapter is: capabilities as class data, availability without importing, one `solve`."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ..errors import BadOption, ProblemTooLarge
from ..machine.caches import kept
from ..machine.checks import shown
from ..machine.mappings import ReadOnly
from ..machine.memory import available_bytes
from ..machine.records import Record
from ..sdp import (
    SDP,
    SDPSolution,
    SDPStatus,
    check_dual_ray,
    check_primal_ray,
    recompute_residuals,
)

#: Share of the free memory that a solve may take, and the bytes for which nobody asks: the packages at work here take
#: ten times as many when they are loaded, and to read what is free takes as long as a tenth of a small solve.
_SHARE, _ALWAYS_THERE = 0.9, 2**24
#: The values of `SolverOptions.side`.
SIDES = ("auto", "moments", "gram")


@dataclass(frozen=True, eq=False, repr=False)
class KnownPoints(Record):
    """The moments of points that are feasible, for a solver that can start there and stop where it meets them.

    Attributes
    ----------
    moments : (r, n) array
        One row a point, the best first, each with the moments that the equalities ask for.
    enough : float
        The bound that is asked for: a proved one at or above it ends the solve.
    improved : callable or None
        Takes the moments that a solver has reached, and returns the same of better points where it finds any, else
        None. It stays in this process.
    """

    moments: NDArray[np.float64]
    enough: float
    improved: Callable[[NDArray[np.float64]], KnownPoints | None] | None = None


@dataclass(frozen=True, eq=False, repr=False)
class SolverOptions(Record):
    """The options that every solver understands.

    Attributes
    ----------
    tol : float
        Relative tolerance asked of the solver for feasibility and gap.
    max_iterations : int or None
        None keeps the solver's default.
    time_limit : float or None
        Seconds of wall time.
    verbose : bool
        Let the solver print its log on stderr or stdout, as it does.
    threads : int or None
        None keeps the solver's default.
    seed : int or None
        Accepted by every solver. None of them draws random numbers, so that it changes nothing: the same program
        with the same options gives the same answer, with several threads up to rounding.
    side : str
        Which side of the program the solver is given: ``"moments"``, ``"gram"`` (the sum-of-squares side), or
        ``"auto"``, the one that was measured, or is predicted, to be cheaper for it. The answer means the same. Like
        `isolate`, it is seen to by `momentsos.solvers.solve_sdp`, and no concern of an adapter.
    isolate : bool
        Solve in a child process, so that a solver that aborts or exhausts memory costs the solve, not the session.
    start : SDPSolution or None
        The answer to a program of the same shape that is near this one, for a warm start; `native` and `splitting` use
        it, the others start as they always do.
    points : KnownPoints or None
        The moments of known feasible points; `splitting` starts there, the others start as they always do.
    own : mapping
        Options under the solver's own names, passed on unchanged; unknown names raise `BadOption`.
    """

    tol: float = 1e-10
    max_iterations: int | None = None
    time_limit: float | None = None
    verbose: bool = False
    threads: int | None = None
    seed: int | None = None
    side: str = "auto"
    isolate: bool = False
    start: SDPSolution | None = None
    points: KnownPoints | None = None
    own: Mapping[str, object] = field(default_factory=ReadOnly)

    def __post_init__(self) -> None:
        if not (_is_number(self.tol) and 0 < self.tol < 1):
            raise BadOption(f"solver option tol = {shown(self.tol)}: expected a number between 0 and 1")
        if not (self.time_limit is None or (_is_number(self.time_limit) and self.time_limit > 0)):
            raise BadOption(f"solver option time_limit = {shown(self.time_limit)}: expected seconds above 0, or None")
        for name, least in (("max_iterations", 1), ("threads", 1), ("seed", 0)):
            value = getattr(self, name)
            whole = isinstance(value, Integral) and not isinstance(value, bool)
            if not (value is None or (whole and least <= int(value) < 2**31)):
                raise BadOption(f"solver option {name} = {shown(value)}: expected an integer from {least} on, or None")
        for name in ("verbose", "isolate"):
            if not isinstance(getattr(self, name), bool | np.bool_):
                raise BadOption(f"solver option {name} = {shown(getattr(self, name))}: expected True or False")
        if not isinstance(self.start, SDPSolution | None):
            raise BadOption(f"solver option start: expected an SDPSolution or None, got {shown(self.start)}")
        if not isinstance(self.points, KnownPoints | None):
            raise BadOption(f"solver option points: expected KnownPoints or None, got {shown(self.points)}")
        if not isinstance(self.side, str) or self.side not in SIDES:
            raise BadOption(f"solver option side = {shown(self.side)}: expected one of {', '.join(SIDES)}")


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


class Solver(ABC):
    """An adapter to one SDP solver.

    A subclass names its package and capabilities as class data and implements `solve`; importing its module
    does not import the solver.

    Attributes
    ----------
    name : str
        The name users type.
    package, distribution : str
        Import name and distribution name of the package that has to be installed, empty when there is none.
    free : bool
        Whether it runs without a licence key.
    accuracy : float
        Relative accuracy that it reaches on well-posed programs.
    form : str
        How its cost grows: ``"moments"`` (factors at the number of moments) or ``"svec"`` (at the rows of the
        blocks).
    side : str
        The side of a program that `solve` states: ``"moments"`` or ``"gram"``.
    may_exit : bool
        Whether it may end the process; ``"auto"`` then runs it in a child process.
    """

    name: ClassVar[str]
    package: ClassVar[str] = ""
    distribution: ClassVar[str] = ""
    free: ClassVar[bool] = True
    accuracy: ClassVar[float] = 1e-8
    form: ClassVar[str] = "moments"
    side: ClassVar[str] = "moments"
    may_exit: ClassVar[bool] = False

    @classmethod
    def is_installed(cls) -> bool:
        """Return whether the package is there, without importing it."""
        return not cls.package or importlib.util.find_spec(cls.package) is not None

    @classmethod
    def version(cls) -> str:
        """Return the installed version, or an empty string."""
        return _installed_version(cls.distribution or cls.package)

    @classmethod
    def licence_problem(cls) -> str | None:
        """Return what is wrong with the licence in one line, or None when there is nothing wrong."""
        return None

    def preferred_side(self, sdp: SDP, options: SolverOptions) -> str:
        """Return the side that ``side="auto"`` means: the solver's own, unless it can tell which is cheaper."""
        return self.side

    @classmethod
    def check_options(cls, own: Mapping[str, object]) -> None:
        """Raise `BadOption` for an option under the solver's own names that is wrong, where that is told beforehand."""
        return

    @classmethod
    @abstractmethod
    def memory(cls, sdp: SDP) -> int:
        """Return an estimate of the peak memory of a solve in bytes, from sizes alone."""

    @abstractmethod
    def solve(self, sdp: SDP, options: SolverOptions) -> SDPSolution:
        """Solve `sdp`; residuals and rays of the answer are recomputed by `momentsos.solvers.finish`.

        Raises
        ------
        BadOption
            An unknown native option; raised before the solve.
        ProblemTooLarge
            The estimated memory exceeds what is free.
        SolverUnavailable
            Not installed or not licensed.
        """


@kept(64)
def _installed_version(distribution: str) -> str:
    """Return the version, or an empty string; it is looked up once, for what looks it up may lose an interruption."""
    try:
        return importlib.metadata.version(distribution)
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return ""


def fitting_bytes(estimate: int) -> int:
    """Return the most bytes that a solve may take: nine tenths of what is free, and 16 MB whatever is."""
    return _ALWAYS_THERE if estimate <= _ALWAYS_THERE else int(_SHARE * available_bytes())


def refuse_if_too_large(solver: Solver, sdp: SDP, estimate: int | None = None) -> None:
    """Raise `ProblemTooLarge` when the solver's estimate, or the one given, exceeds `fitting_bytes`.

    Some solvers abort the whole process when an allocation fails, so the question comes first.
    """
    estimate = solver.memory(sdp) if estimate is None else estimate
    free = fitting_bytes(estimate)
    if estimate > free:
        raise ProblemTooLarge(
            f"{solver.name} would need about {estimate / 1e9:.3g} GB for {sdp.n_moments} moments and a largest "
            f"block of {max(sdp.sizes, default=0)}, with {free / 1e9:.3g} GB free: take a lower order, "
            f"method='partial' or another solver",
            estimate,
            free,
        )


def finish(
    sdp: SDP,
    status: SDPStatus,
    words: str,
    moments: NDArray[np.float64] | None,
    equality_duals: NDArray[np.float64] | None,
    gram: NDArray[np.float64] | None,
    *,
    solver: str,
    iterations: int = 0,
    seconds: float = 0.0,
    statistics: Mapping[str, object] | None = None,
) -> SDPSolution:
    """Make the record of a solve: recompute the residuals of vectors, check the ray of an infeasibility.

    A claim of infeasibility whose ray does not hold is turned into `SDPStatus.UNKNOWN`; vectors with a number
    that is not finite are dropped.
    """
    vectors = [v if v is not None and np.isfinite(v).all() else None for v in (moments, equality_duals, gram)]
    moments, equality_duals, gram = vectors
    primal_ray = dual_ray = residuals = None
    if status is SDPStatus.PRIMAL_INFEASIBLE:
        if equality_duals is not None and gram is not None:
            dual_ray = check_dual_ray(sdp, equality_duals, gram)
        status = status if dual_ray else SDPStatus.UNKNOWN
    elif status is SDPStatus.DUAL_INFEASIBLE:
        if moments is not None:
            primal_ray = check_primal_ray(sdp, moments)
        status = status if primal_ray else SDPStatus.UNKNOWN
    elif moments is not None and equality_duals is not None and gram is not None:
        residuals = recompute_residuals(sdp, moments, equality_duals, gram)
    if status in (SDPStatus.PRIMAL_INFEASIBLE, SDPStatus.DUAL_INFEASIBLE):
        moments = equality_duals = gram = None
    return SDPSolution(
        status=status,
        words=words,
        moments=moments,
        equality_duals=equality_duals,
        gram=gram,
        residuals=residuals,
        primal_ray=primal_ray,
        dual_ray=dual_ray,
        iterations=iterations,
        seconds=seconds,
        solver=solver,
        statistics=ReadOnly(dict(statistics or {})),
    )
