"""Every error the package raises on purpose; one base class, one meaning each."""

from __future__ import annotations

from typing import Any


class MomentSOSError(Exception):
    """Base of all errors that `momentsos` raises on purpose; two are equal where kind, message and numbers are."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, MomentSOSError) or type(self) is not type(other):
            return False
        return (self.args, vars(self)) == (other.args, vars(other))

    def __hash__(self) -> int:
        return hash((type(self).__name__, str(self)))


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

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.estimated_bytes, self.limit_bytes)


class SolverUnavailable(MomentSOSError):
    """The solver is known but not installed, or installed without a licence."""


class SolverFailed(MomentSOSError):
    """The solver ended without a usable answer."""
