"""What a complex problem ends with: the result of the real one, and its points as complex numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidInput
from ..hierarchy.result import Result
from ..hierarchy.status import Status
from ..machine.records import Record
from ..polynomials.conjugates import ComplexPolynomial
from .parts import occurring
from .problem import ComplexProblem


@dataclass(frozen=True, eq=False, repr=False)
class ComplexResult(Record):
    """The answer to a complex problem.

    Attributes
    ----------
    problem : ComplexProblem
    result : Result
        Of `problem.translated`, whose coefficients are those of the complex problem exactly: its bounds, and what is
        known of its points, hold of both.
    """

    problem: ComplexProblem
    result: Result

    @property
    def status(self) -> Status:
        """As `Result.status`."""
        return self.result.status

    @property
    def lower_bound(self) -> float | None:
        """As `Result.lower_bound`."""
        return self.result.lower_bound

    @property
    def upper_bound(self) -> float | None:
        """As `Result.upper_bound`."""
        return self.result.upper_bound

    @property
    def gap(self) -> float | None:
        """As `Result.gap`."""
        return self.result.gap

    @property
    def relative_gap(self) -> float | None:
        """As `Result.relative_gap`."""
        return self.result.relative_gap

    @property
    def minimizers(self) -> NDArray[np.float64]:
        """The points of the real problem, one a row, in the variables `problem.real_names`."""
        return self.result.minimizers

    @property
    def complex_minimizers(self) -> NDArray[np.complex128]:
        """The points in the variables `problem.variables`, one a row; real variables have no imaginary part.

        Where phases were fixed, each point stands for all that have other phases.
        """
        return self.problem.points(self.minimizers)

    def values(self, polynomial: Any) -> NDArray[np.complex128]:
        """Return the values of a polynomial in the problem's variables at `complex_minimizers`, in floats.

        Raises
        ------
        InvalidInput
            No polynomial, or one with other variables.
        """
        p, own = ComplexPolynomial.of(polynomial), self.problem
        used = occurring(p)
        wrong = [n for n in p.variables if n in used and (n not in own.variables or (n in p.names) != (n in own.names))]
        if wrong:
            raise InvalidInput(f"values: {wrong[0]!r:.60} is no such variable of the problem")
        points = self.complex_minimizers
        columns = [points[:, own.variables.index(n)] if n in used else np.zeros(len(points)) for n in p.variables]
        return np.asarray(p(np.column_stack(columns)) if columns else np.full(len(points), p([])), dtype=complex)

    @property
    def message(self) -> str:
        """The message of the result, and what was done to the problem."""
        fixed = self.problem.fixed
        words = f"The phases of {', '.join(fixed)} are taken as zero: the problem does not see them." if fixed else ""
        return f"{self.result.message} {words}".strip()

    def certify(self, **options: Any) -> Any:
        """Return the certificate of `problem.translated`, in the real and imaginary parts of the variables.

        It proves the bound for the real problem, to which ``verify(result.problem.translated)`` compares it. That the
        complex problem has the same optimal value is the translation's, and no part of the certificate: each point of
        the complex problem has the same objective as one of the real problem, its parts after the phases of
        `problem.fixed` are turned away.

        Parameters
        ----------
        options
            As for `Result.certify`.

        Raises
        ------
        As `Result.certify`.
        """
        return self.result.certify(**options)

    def __str__(self) -> str:
        result = self.result
        lines = [f"{self.status}: {self.message}", f"  bounds {self.lower_bound}, {self.upper_bound}"]
        lines.append(f"  order {result.order}, method {result.method}, solver {result.solver}")
        names = ", ".join(self.problem.variables)
        lines += [f"  ({names}) = {np.array2string(point, precision=6)}" for point in self.complex_minimizers]
        return "\n".join(lines)
