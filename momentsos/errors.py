"""Every error the package raises on purpose; one base class, one meaning each."""

from __future__ import annotations


class MomentSOSError(Exception):
    """Base of all errors that `momentsos` raises on purpose."""


class InvalidInput(MomentSOSError, ValueError):
    """An argument or a file is not what the function takes."""


class BadOption(MomentSOSError, ValueError):
    """An option, a method or a solver has an unknown name or a value out of range."""


class OrderTooLow(MomentSOSError, ValueError):
    """The relaxation order is below the lowest one at which the relaxation exists."""


class ProblemTooLarge(MomentSOSError):
    """The estimated memory exceeds the limit; raised before anything large is allocated.

    Attributes
    ----------
    estimated_bytes, limit_bytes : int
        The estimate, and the limit that it exceeds.
    """

    def __init__(self, message: str, estimated_bytes: int, limit_bytes: int) -> None:
        super().__init__(message)
        self.estimated_bytes = estimated_bytes
        self.limit_bytes = limit_bytes


class SolverUnavailable(MomentSOSError):
    """The solver is known but not installed, or installed without a licence."""


class SolverFailed(MomentSOSError):
    """The solver ended without a usable answer."""
