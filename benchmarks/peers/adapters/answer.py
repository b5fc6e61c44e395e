"""What all adapters share: the problem file, the clock of the phases, the answer. Standard library only.

An adapter is run as ``python ADAPTER.py PROBLEM.json ORDER`` by the Python of the environment of its package, and
prints one JSON object as its last line.
"""

from __future__ import annotations

import contextlib
import json
import resource
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: A polynomial as in the problem file: pairs of a coefficient and exponents.
Terms = list[tuple[float, list[int]]]


@dataclass(frozen=True)
class ProblemFile:
    """Minimise a polynomial where others are nonnegative."""

    variables: list[str]
    minimize: Terms
    inequalities: list[Terms]


@dataclass
class Answer:
    """A lower bound, points that the package offers as minimisers, and the processor seconds of each phase."""

    bound: float | None = None
    points: list[list[float]] = field(default_factory=list)
    solver: str = ""
    note: str = ""
    seconds: dict[str, float] = field(default_factory=dict)

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Add the processor time of the block to a phase."""
        began = processor_time()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + processor_time() - began


def processor_time() -> float:
    """Return the seconds that this process and its finished children have computed, whatever else the machine does."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in spent)


def read(path: str) -> ProblemFile:
    """Read a problem; equalities are not supported, for none of the compared problems has any."""
    found = json.loads(Path(path).read_text(encoding="utf-8"))
    assert not found.get("equalities")
    return ProblemFile(found["variables"], found["minimize"], found.get("inequalities", []))


def build(terms: Terms, variables: list[Any]) -> Any:
    """Return the polynomial in the package's own variables, added and multiplied by its own operators."""
    total: Any = 0.0
    for coefficient, exponents in terms:
        monomial: Any = coefficient
        for variable, power in zip(variables, exponents, strict=True):
            if power:
                monomial = monomial * variable**power
        total = total + monomial
    return total


def main(run: Callable[[ProblemFile, int, Answer], None]) -> None:
    """Run an adapter on the command line's problem and order; the package's own prints go to stderr."""
    answer = Answer()
    with contextlib.redirect_stdout(sys.stderr):
        run(read(sys.argv[1]), int(sys.argv[2]), answer)
    print(json.dumps(vars(answer)))
