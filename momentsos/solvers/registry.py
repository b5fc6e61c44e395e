"""Which solvers there are, which of them can run here, and which one `auto` takes."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from ..errors import BadOption, SolverUnavailable
from ..machine.compiled import PRESENT, is_built
from ..machine.records import Brief
from ..sdp import SDP, dual_program, svec_length
from .adapters.clarabel import Clarabel
from .adapters.copt import COPT
from .adapters.csdp import CSDP
from .adapters.cvxopt import CVXOPT
from .adapters.cvxpy import CVXPY
from .adapters.mosek import MOSEK
from .adapters.qics import QICS
from .adapters.scs import SCS
from .adapters.sdpa import SDPA
from .contract import Solver, SolverOptions, fitting_bytes
from .native import NativeSolver
from .native.prepare.estimates import likely_seconds
from .splitting import SplittingSolver
from .splitting.estimates import likely_seconds as split_seconds

#: One line a solver; the order is that of `available_solvers`.
SOLVERS: MappingProxyType[str, type[Solver]] = MappingProxyType(
    {
        cls.name: cls
        for cls in (NativeSolver, SplittingSolver, Clarabel, SCS, SDPA, CVXOPT, QICS, CSDP, MOSEK, COPT, CVXPY)
    }
)


@dataclass(frozen=True, repr=False)
class Availability(Brief):
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


def solver_named(name: str) -> Solver:
    """Return the solver `name`; ``"auto"`` gives the one that is asked first.

    Raises
    ------
    BadOption
        An unknown name.
    SolverUnavailable
        A known solver that cannot run here.
    """
    if name == "auto":
        return NativeSolver()
    if name not in SOLVERS:
        raise BadOption(f"solver {name!r}: expected 'auto' or one of {', '.join(SOLVERS)}")
    if not SOLVERS[name].package:
        return SOLVERS[name]()
    state = _availability(SOLVERS[name])
    if not state.available:
        raise SolverUnavailable(f"solver {name!r}: {state.reason}")
    return SOLVERS[name]()


#: Above this many svec rows in one block an interior-point method that factors at svec size takes minutes.
_SVEC_LIMIT = 500
#: Seconds, by the cost model of the native solver, above which no interior-point method here is worth its time.
_LONGEST = 1_800.0
#: Above this many moments a second opinion on large blocks would take minutes: four times the first one's time, where
#: CSDP gives it.
_SECOND_LIMIT = 2_000
#: From this size on a block is large to `splitting`; it is asked where the native solver should take more than this
#: many seconds or bytes, and has at least so many seconds then.
_SPLIT_FROM, _SPLIT_SECONDS, _SPLIT_BYTES, _SPLIT_LEAST = 60, 3.0, 500_000_000, 30.0
#: Who gives a second opinion on blocks above that limit: they factor at the number of moments; the fastest first.
_FOR_LARGE_BLOCKS: tuple[type[Solver], ...] = (MOSEK, COPT, CSDP, SDPA)


def choose_solvers(sdp: SDP) -> list[Solver]:
    """Return the solvers that ``"auto"`` means for `sdp`: the one that is asked first, then who may be asked next.

    The native solver first. For a second opinion Clarabel, unless a block is larger than 31 × 31; then those that
    are installed of MOSEK (with a licence), COPT, CSDP and SDPA, up to 2000 moments. Where the native one would take
    half an hour by its cost model, or more memory than there is, only SCS is left.
    `momentsos.solvers.solve_sdp` asks for one second opinion, and only where the first answer is not accurate.
    """
    stated = sdp if NativeSolver().preferred_side(sdp, SolverOptions()) == NativeSolver.side else dual_program(sdp)
    memory = NativeSolver.memory(stated)
    if likely_seconds(stated) > _LONGEST or memory > fitting_bytes(memory):
        return [SCS()]
    if svec_length(max(sdp.sizes, default=0)) <= _SVEC_LIMIT:
        return [NativeSolver(), Clarabel()]
    return [NativeSolver(), *(_large_block_solvers() if sdp.n_moments <= _SECOND_LIMIT else [])]


def may_split(name: str, sdp: SDP) -> bool:
    """Return whether `splitting` may be asked for `sdp` when the user names this solver: known points help it then."""
    return name == SplittingSolver.name or (name == "auto" and _has_one_large_block(sdp))


def _has_one_large_block(sdp: SDP) -> bool:
    """Whether one block is large, and the others have together no more entries than it."""
    largest = max(sdp.sizes, default=0)
    return largest >= _SPLIT_FROM and sdp.operator.shape[0] <= 2 * svec_length(largest)


def split_first(sdp: SDP) -> float | None:
    """Return the seconds for which ``"auto"`` asks `splitting` before others, where points are known; None: not at all.

    It is asked where one block is large, where the native solver should take over three seconds or 500 MB, and twice
    as long as `splitting` by both cost models. It has as much time as the native solver should take, half a minute at
    least, so that what it does in vain at most doubles the time.
    """
    if not _has_one_large_block(sdp):
        return None
    native = likely_seconds(sdp)
    if native <= _SPLIT_SECONDS and NativeSolver.memory(sdp) <= _SPLIT_BYTES:
        return None
    return max(native, _SPLIT_LEAST) if native > 2.0 * split_seconds(sdp) else None


def _large_block_solvers() -> list[Solver]:
    return [cls() for cls in _FOR_LARGE_BLOCKS if _availability(cls).available]


def describe_choice() -> str:
    """Return in a sentence what ``"auto"`` means on this machine."""
    able = [solver.name for solver in _large_block_solvers()]
    known = ", ".join(cls.name for cls in _FOR_LARGE_BLOCKS)
    large = (
        f"{' or '.join(able[:2])} on larger ones up to {_SECOND_LIMIT} moments"
        if able
        else f"none on larger ones, for want of {known}"
    )
    return (
        f"auto: splitting where one block is large, a point is known and native should take over "
        f"{_SPLIT_SECONDS:.0f} s; else native; where its answer is not accurate, a second opinion of clarabel on "
        f"blocks up to 31 × 31, of {large}; scs alone where native would take over {_LONGEST / 60:.0f} minutes or more "
        f"memory than there is"
    )


def describe_core() -> str:
    """Return in a sentence whether the native solver has its compiled core here, and what it costs where it has not."""
    if PRESENT:
        return "compiled core: in use"
    cost = (
        "native runs in NumPy, with the same answers to the tolerance, and took 1.6 to 11 times as long in benchmarks"
    )
    if is_built():
        return f"compiled core: left out by MOMENTSOS_COMPILED=0; {cost}"
    way = "install a C compiler and Python's headers, then install momentsos again"
    return f"compiled core: missing, it was not built; {cost}; {way}"
