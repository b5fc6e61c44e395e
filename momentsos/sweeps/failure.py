"""`Failure`: what stands in the place of a result that does not exist."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ..errors import MomentSOSError, ProblemTooLarge
from ..hierarchy.status import Status
from ..machine.records import Record


class Cause(Enum):
    """Why a task has no result."""

    REFUSED = "refused"
    TOO_LARGE = "too large"
    LOST = "lost"
    NOT_BEGUN = "not begun"


@dataclass(frozen=True, eq=False, repr=False)
class Failure(Record):
    """A task without a result. It is not stored: a sweep that is resumed tries again.

    Attributes
    ----------
    cause : Cause
        The call raised an error (``REFUSED``), or needs more memory than there is (``TOO_LARGE``); the task ended its
        process again and again (``LOST``), as it does where the system runs out of memory; or the budget of the sweep
        was used up before (``NOT_BEGUN``).
    error : str
        The name of the error that was raised; empty where there was none.
    message : str
    """

    cause: Cause
    error: str
    message: str

    @classmethod
    def of(cls, error: MomentSOSError) -> Failure:
        """Return the failure that an error of a task is."""
        cause = Cause.TOO_LARGE if isinstance(error, ProblemTooLarge) else Cause.REFUSED
        return cls(cause, type(error).__name__, str(error))

    @property
    def status(self) -> Status:
        """``STOPPED`` for what another machine or another day can do, ``FAILED`` for the rest."""
        return Status.STOPPED if self.cause in (Cause.TOO_LARGE, Cause.NOT_BEGUN) else Status.FAILED


NOT_BEGUN = Failure(Cause.NOT_BEGUN, "", "the budget of the sweep was used up before; resume it to go on")


def lost(times: int, words: str) -> Failure:
    """Return the failure of a task that has ended its process so many times."""
    said = " ".join(words.split())[:200]
    return Failure(Cause.LOST, "", f"it ended its process {times} times, the last of them working alone ({said})")
