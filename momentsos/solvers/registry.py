"""Which solvers there are, which of them can run here, and which one `auto` takes."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from ..errors import BadOption, SolverUnavailable
from ..sdp import SDP, svec_length
from .base import Solver
from .clarabel import Clarabel
from .scs import SCS

#: One line a solver; the order is that of `available_solvers`.
SOLVERS: MappingProxyType[str, type[Solver]] = MappingProxyType({cls.name: cls for cls in (Clarabel, SCS)})


@dataclass(frozen=True)
class Availability:
    """Whether a solver can run here.

    Attributes
    ----------
    available : bool
    version : str
        Empty when not installed.
    free : bool
        Whether it needs no licence key.
    reason : str
        Why it is not available, and what to do; empty when it is.
    """

    available: bool
    version: str
    free: bool
    reason: str


def available_solvers() -> dict[str, Availability]:
    """Return for every solver that the package knows whether it can run here, and why not.

    Nothing is imported: an installation is looked up, a licence is asked for only where the package is installed.

    Returns
    -------
    dict from name to Availability
    """
    return {name: _availability(cls) for name, cls in SOLVERS.items()}


def _availability(cls: type[Solver]) -> Availability:
    if not cls.is_installed():
        reason = f"not installed: install the package {cls.distribution or cls.package}"
        return Availability(False, "", cls.free, reason)
    problem = cls.licence_problem()
    return Availability(problem is None, cls.version(), cls.free, problem or "")


def solver_named(name: str, sdp: SDP | None = None) -> Solver:
    """Return the solver `name`; ``"auto"`` chooses by the sizes of `sdp`, see `choose_solver`.

    Raises
    ------
    BadOption
        An unknown name.
    SolverUnavailable
        A known solver that cannot run here.
    """
    if name == "auto":
        return choose_solver(sdp)
    if name not in SOLVERS:
        raise BadOption(f"solver {name!r}: expected 'auto' or one of {', '.join(SOLVERS)}")
    state = _availability(SOLVERS[name])
    if not state.available:
        raise SolverUnavailable(f"solver {name!r}: {state.reason}")
    return SOLVERS[name]()


#: Above this many svec rows in one block an interior-point method that factors at svec size is hopeless.
_SVEC_LIMIT = 20_000


def choose_solver(sdp: SDP | None) -> Solver:
    """Return the solver that ``"auto"`` means for `sdp`.

    Clarabel, unless one block has more than 20 000 svec rows (200 × 200), where SCS is the only one that fits.
    """
    if sdp is not None and svec_length(max(sdp.sizes, default=0)) > _SVEC_LIMIT:
        return SCS()
    return Clarabel()
