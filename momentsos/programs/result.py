"""What solving a sum-of-squares program gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..certificates import CertificateError
from ..errors import InvalidInput
from ..hierarchy.status import Status
from ..machine.checks import shown
from ..machine.documents import write_document
from ..machine.mappings import ReadOnly
from ..machine.records import Record
from ..polynomials import Polynomial
from .certificate import ProgramCertificate
from .program import SOSProgram
from .unknowns import Coefficient, UnknownPolynomial


class Values(Mapping[str, Any]):
    """The values of the unknowns: a polynomial by the name of its unknown, or of any expression in unknowns.

    Parameters
    ----------
    numbers : mapping from Coefficient to Fraction or float
    """

    __slots__ = ("_found", "numbers")

    def __init__(self, numbers: Mapping[Coefficient, Fraction | float]) -> None:
        self.numbers = ReadOnly(dict(numbers))
        rows: dict[str, list[Coefficient]] = {}
        for each in numbers:
            rows.setdefault(each.name, []).append(each)
        self._found: dict[str, Any] = {}
        for name, listed in rows.items():
            if not listed[0].variables:
                self._found[name] = numbers[listed[0]]
            else:
                self._found[name] = Polynomial.from_terms(
                    [each.exponents for each in listed], [numbers[each] for each in listed], listed[0].variables
                )

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            return self._found[key]
        if isinstance(key, np.ndarray | list | tuple):
            listed = [self[each] for each in key]
            return np.array(listed, dtype=object) if isinstance(key, np.ndarray) else listed
        if isinstance(key, Polynomial):
            return key
        if not isinstance(key, UnknownPolynomial):
            raise InvalidInput(f"values: expected the name of an unknown, or an expression in them, got {shown(key)}")
        return key.at(self.numbers)

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __repr__(self) -> str:
        return f"Values({', '.join(self._found)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Values, (dict(self.numbers),)


@dataclass(frozen=True, eq=False, repr=False)
class GramMatrix(Record):
    """One Gram matrix of the answer.

    Attributes
    ----------
    constraint : int
        The number of the constraint.
    factors : tuple of int
        The inequalities whose product it multiplies; empty for the free sum of squares.
    variables : tuple of str
        Those of a matrix's rows, ``[0]``, ``[1]``, …, last.
    basis : (s, n) integer array
        The exponents of the monomials.
    matrix : (s, s) array
    """

    constraint: int
    factors: tuple[int, ...]
    variables: tuple[str, ...]
    basis: NDArray[np.int64]
    matrix: NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class EqualityMultiplier(Record):
    """The free polynomial that multiplies an equality of a constraint."""

    constraint: int
    equality: int
    polynomial: Polynomial


@dataclass(frozen=True, eq=False, repr=False)
class SOSResult(Record):
    r"""The answer to a sum-of-squares program.

    Attributes
    ----------
    status : Status
        `CERTIFIED`: the unknowns satisfy every constraint, proved in rational arithmetic, and where there is an
        objective a proved bound is within the tolerance. `BOUNDED`: they do, and how much better others could be is
        not known to the tolerance. `LOWER_BOUND_ONLY`: the bound of the objective is proved, the unknowns are not.
        `INFEASIBLE`, `UNBOUNDED`: proved. `FAILED`: numbers at most, nothing proved. `STOPPED`: the time was over.
    value : float or None
        The objective at `values`, in the sense of the program.
    lower_bound, upper_bound : float
        What is proved of the optimal value; infinite where nothing is.
    values : Values
        The unknowns: ``values["V"]``, ``values[V]`` or ``values[V.diff(x)]``; exact where they were proved.
    grams : tuple of GramMatrix
    multipliers : tuple of EqualityMultiplier
    residual : float or None
        The largest error of a coefficient in the identities, relative to the largest of their coefficients; of the
        numbers of the solver, computed here.
    least_eigenvalue : float or None
        The least one of all Gram matrices of the solver, over the largest absolute one.
    certificate : ProgramCertificate or None
        What is proved.
    message : str
        What came out and what to do next.
    solver : str
    sizes : tuple of int
        Rows of the Gram matrices.
    seconds : float
    """

    program: SOSProgram = field(repr=False)
    status: Status
    value: float | None
    lower_bound: float
    upper_bound: float
    values: Values
    grams: tuple[GramMatrix, ...]
    multipliers: tuple[EqualityMultiplier, ...]
    residual: float | None
    least_eigenvalue: float | None
    certificate: ProgramCertificate | None
    message: str
    solver: str = ""
    sizes: tuple[int, ...] = ()
    seconds: float = field(default=0.0, compare=False)

    @property
    def gap(self) -> float:
        """The upper minus the lower bound."""
        return self.upper_bound - self.lower_bound

    def certify(self) -> ProgramCertificate:
        """Return the rational certificate of what is proved.

        Raises
        ------
        CertificateError
            Nothing is proved; the message says what is known.
        """
        if self.certificate is None:
            raise CertificateError(f"nothing is proved of this program: {self.message}")
        return self.certificate

    def to_json(self, path: str | PathLike[str]) -> None:
        """Write the result to a file, from which `momentsos.load` reads it whole, with program and certificate.

        Raises
        ------
        InvalidInput
            The file cannot be written.
        """
        from .document import FORMAT, result_document

        write_document(path, FORMAT, result_document(self))

    def __str__(self) -> str:
        known = [f"value {self.value:.9g}"] if self.value is not None and self.program.sense != "find" else []
        if self.program.sense != "find":
            known.append(f"proved between {self.lower_bound:.9g} and {self.upper_bound:.9g}")
        return "\n  ".join([f"{self.status}: {self.message}", *([", ".join(known)] if known else [])])
