"""What methods of `Result` call in rooms above this one: the package says from above what it is.

This file imports nothing, so that saying so costs nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as in `typing`, which is not imported for it
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Hook:
    """A function that another room supplies."""

    def __init__(self) -> None:
        self._supplied: Callable[..., Any] | None = None

    def supply(self, function: Callable[..., Any]) -> None:
        """Say what is called."""
        self._supplied = function

    def __call__(self, *given: Any, **named: Any) -> Any:
        """Call it."""
        assert self._supplied is not None  # importing the package supplies it
        return self._supplied(*given, **named)


#: What proves the bound of a result: it takes the result and a tolerance, and the keywords `solver` and `time_limit`.
PROVER = Hook()
#: What proves that an objective is nowhere below a number: it takes a result, the number, the denominator (constant,
#: power, and whether its quadratic is looked for) and points where the objective is that number, and the keywords
#: `solver` and `until`; it returns a certificate, None where it finds none.
EVERYWHERE = Hook()
#: What draws a result: it takes the result, a kind of plot and Axes, and the keywords that a fit has besides.
PAINTER = Hook()
#: What checks a tree of boxes exactly: problem, tree and seconds in, whether no point is feasible out.
TREE_CHECKER = Hook()
