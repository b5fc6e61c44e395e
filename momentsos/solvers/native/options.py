"""The options of the native solver beyond those that every solver understands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from ...errors import BadOption
from . import rules


@dataclass(frozen=True)
class NativeOptions:
    """Options under their own names, given through `SolverOptions.native`.

    Attributes
    ----------
    start_scale : float
        Factor on the multiples of the identity from which slacks and Gram matrices start.
    step_fraction : float
        Largest share of the way to the boundary of the cone that a step takes.
    refinements : int
        Most corrections of a Newton direction by its own residual.
    correctors : int
        Most corrections of a direction by second-order terms after Mehrotra's.
    acceptable : float
        Worst relative residual up to which a run that stalls is called inaccurate instead of failed.
    digits : int
        Decimal digits of gap and residuals, beyond those of floats; 0 means floats. For small programs; the answer
        is ``statistics["refined"]``, a `momentsos.solvers.native.digits.digits.Refined`.
    """

    start_scale: float = rules.START_SCALE
    step_fraction: float = rules.STEP_FRACTION
    refinements: int = rules.REFINEMENTS
    correctors: int = rules.CORRECTORS
    acceptable: float = rules.ACCEPTABLE
    digits: int = 0

    def __post_init__(self) -> None:
        checks = {
            "start_scale": self.start_scale > 0,
            "step_fraction": 0 < self.step_fraction < 1,
            "refinements": self.refinements >= 0,
            "correctors": self.correctors >= 0,
            "acceptable": self.acceptable > 0,
            "digits": 0 <= self.digits <= rules.MOST_DIGITS,
        }
        for name, holds in checks.items():
            if not holds:
                raise BadOption(f"native option {name} = {getattr(self, name)!r}: out of range")

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, object]) -> NativeOptions:
        """Read the options from a mapping.

        Raises
        ------
        BadOption
            When a name is unknown, or a value is not a number of the expected kind and range.
        """
        if not mapping:
            return cls()
        whole = {item.name: isinstance(item.default, int) for item in fields(cls)}
        values: dict[str, Any] = {}
        for name, value in mapping.items():
            if name not in whole:
                raise BadOption(f"native option {name!r}: unknown; there are {', '.join(whole)}")
            if not isinstance(value, int if whole[name] else (int, float)) or isinstance(value, bool):
                kind = "a whole number" if whole[name] else "a number"
                raise BadOption(f"native option {name} = {value!r}: expected {kind}")
            values[name] = value
        return cls(**values)
