"""The options of the splitting solver beyond those that every solver understands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from ...errors import BadOption
from . import rules


@dataclass(frozen=True)
class SplittingOptions:
    """Options under their own names.

    Attributes
    ----------
    relaxation : float
        Over-relaxation of the step, between 0 and 2.
    balance : float or None
        The penalty is moved to this many times the ratio of dual blocks and blocks; None: by the kind of the program.
    memory : int
        Steps that the acceleration remembers; 0: none is accelerated.
    """

    relaxation: float = rules.RELAXATION
    balance: float | None = None
    memory: int = rules.MEMORY

    def __post_init__(self) -> None:
        checks = {
            "relaxation": 0 < self.relaxation < 2,
            "balance": self.balance is None or 0 < self.balance < 1e6,
            "memory": 0 <= self.memory <= 100,
        }
        for name, holds in checks.items():
            if not holds:
                raise BadOption(f"splitting option {name} = {getattr(self, name)!r}: out of range")

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, object]) -> SplittingOptions:
        """Read the options from a mapping.

        Raises
        ------
        BadOption
            When a name is unknown, or a value is not a number of the expected kind and range.
        """
        names = [item.name for item in fields(cls)]
        for name, value in mapping.items():
            if name not in names:
                raise BadOption(f"splitting option {name!r}: unknown; there are {', '.join(names)}")
            whole = name == "memory"
            if not isinstance(value, int if whole else (int, float)) or isinstance(value, bool):
                raise BadOption(
                    f"splitting option {name} = {value!r}: expected {'a whole number' if whole else 'a number'}"
                )
        return cls(**mapping)  # type: ignore[arg-type]  # each was looked at
