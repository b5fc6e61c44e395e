"""What `Result.certify` calls: certificates stand above results, so the package says from above what it is.

This file imports nothing, so that saying so costs nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as in `typing`, which is not imported for it
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Prover:
    """A function that another room supplies.

    It takes a result and a tolerance, and the keywords `solver` and `time_limit`.
    """

    def __init__(self) -> None:
        self._prove: Callable[..., Any] | None = None

    def supply(self, prove: Callable[..., Any]) -> None:
        """Say what is called."""
        self._prove = prove

    def __call__(self, *given: Any, **named: Any) -> Any:
        """Prove the bound of a result."""
        assert self._prove is not None  # importing the package supplies it
        return self._prove(*given, **named)


#: What proves the bound of a result.
PROVER = Prover()
