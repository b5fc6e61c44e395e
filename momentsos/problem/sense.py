"""Whether an objective is minimised or maximised: the one place where bounds and objectives are turned."""

from __future__ import annotations

from enum import Enum
from typing import Any, TypeVar

Number = TypeVar("Number", bound=Any)


class Sense(Enum):
    r"""What is asked of the objective `f`.

    Every stage minimises: :math:`\max f = -\min(-f)`, and negation is exact for floats, fractions and polynomials. What
    is said of :math:`-f` becomes what is said of `f` by `turned` and `bounds`, each its own inverse.
    """

    MINIMIZE = "minimize"
    MAXIMIZE = "maximize"

    @property
    def maximizes(self) -> bool:
        """Whether the objective is maximised."""
        return self is Sense.MAXIMIZE

    @property
    def point(self) -> str:
        """What a best point is called."""
        return "maximizer" if self.maximizes else "minimizer"

    def turned(self, value: Number) -> Number:
        """Return a value, or a polynomial, of what is minimised as one of the objective, and back; None stays None."""
        return -value if self.maximizes and value is not None else value

    def bounds(self, lower: Number, upper: Number) -> tuple[Number, Number]:
        """Return bounds of what is minimised as bounds of the objective, and back."""
        return (self.turned(upper), self.turned(lower)) if self.maximizes else (lower, upper)
