"""An example of a tutorial, and what came out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import momentsos as ms

Solved = ms.Result | ms.SOSResult


@dataclass(frozen=True)
class Example:
    """One thing that a tool's first pages show.

    Attributes
    ----------
    tool, name : str
        Whose example it is, and under which title.
    asked : str
        In our words.
    solve : callable
        Returns the answer.
    known : float, optional
        The value by theory, where there is one; else it is what is proved here.
    status : Status
        What is right: a program that has no solution is `INFEASIBLE`.
    """

    tool: str
    name: str
    asked: str
    solve: Callable[[], Solved]
    known: float | None = None
    status: ms.Status = ms.Status.CERTIFIED


@dataclass(frozen=True)
class Row:
    """An example with its answer and the processor seconds of stating and solving it."""

    example: Example
    status: ms.Status
    value: float | None
    seconds: float

    @property
    def right(self) -> bool:
        """Whether the status is the expected one, and the value the known one to 1e-5."""
        known = self.example.known
        close = known is None or (self.value is not None and abs(self.value - known) <= 1e-5 * max(1.0, abs(known)))
        return self.status is self.example.status and close


def run(example: Example) -> Row:
    """Solve an example."""
    began = time.process_time()
    result = example.solve()
    seconds = time.process_time() - began
    return Row(example, result.status, _value(result), seconds)


def _value(result: Solved) -> float | None:
    """Return the objective at the answer: no value where none was asked for."""
    if isinstance(result, ms.SOSResult):
        return None if result.program.sense == "find" else result.value
    return result.lower_bound if result.problem.sense.value == "maximize" else result.upper_bound
