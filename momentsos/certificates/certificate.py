"""The certificate: an immutable record around the document that a file holds."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from fractions import Fraction
from os import PathLike
from typing import Any

from ..errors import InvalidInput
from ..machine.checks import positive, shown
from ..machine.files import write_whole
from ..machine.notebooks import Row
from ..machine.records import Record, fraction
from ..problem import Problem
from .document import different
from .errors import CertificateError
from .format import Refused, digest, load
from .statement import Verdict, in_order, verify_document


@dataclass(frozen=True, eq=False, repr=False)
class Certificate(Record):
    """A proof in rational numbers that an objective has a bound on its whole feasible set.

    The bound is a lower one, or an upper one where the objective is maximised.

    Attributes
    ----------
    document : dict
        What `to_json` writes; not to be changed.
    bound : Fraction or None
        The proved one; None where it is proved that no point is feasible.
    lower_bound, upper_bound : Fraction or None
        Both bounds of the optimal value: one of them is `bound`, the other what the objective is at most (at least
        where it is maximised) at a feasible point: its value at `point`, or a bound of it on `enclosure`; None when
        neither was found.
    seconds : float
        What making it took; not compared.
    """

    document: dict[str, Any] = field(repr=False)
    bound: Fraction | None
    lower_bound: Fraction | None
    upper_bound: Fraction | None
    seconds: float = field(default=0.0, compare=False)

    @classmethod
    def of(cls, document: dict[str, Any], attained: Fraction | None, seconds: float = 0.0) -> Certificate:
        """Return the certificate of a document that the verifier has accepted, with the value that it found."""
        bound = bound_of(document)
        return cls(document, bound, *in_order(document, bound, attained), seconds)

    def __str__(self) -> str:
        return self.statement

    def _table_rows(self) -> list[Row]:
        bounds = [("lower bound", self.bound), ("upper bound", self.upper_bound)]
        told: list[Row] = [(name, None if value is None else fraction(value)) for name, value in bounds]
        return [("proved", self.statement), *told, ("seconds", f"{self.seconds:.3g}")]

    @property
    def statement(self) -> str:
        """What is proved, in words."""
        return str(self.document["statement"])

    @property
    def point(self) -> tuple[Fraction, ...] | None:
        """A rational point that is exactly feasible, with `upper_bound` as its objective; None without one."""
        return None if self.document["directions"] else tuple(map(Fraction, self.document["point"])) or None

    @property
    def enclosure(self) -> tuple[tuple[Fraction, Fraction], ...] | None:
        """Lower and upper ends of a box that contains a feasible point, where that point need not be rational."""
        rows = [[abs(Fraction(value)) for value in row] for row in self.document["directions"]]
        pairs = zip(map(Fraction, self.document["point"]), map(sum, rows), strict=False)
        return tuple((center - reach, center + reach) for center, reach in pairs) or None

    def verify(self, problem: Problem | None = None, seconds: float = 10.0) -> Verdict:
        """Check the proof from the beginning, and that it is about `problem` if one is given.

        Returns
        -------
        Verdict
            `holds` is true; `statement` names the ball where a ball was added to the problem.

        Raises
        ------
        CertificateError
            The certificate does not hold or is about another problem; the message says why.
        """
        if problem is not None and not isinstance(problem, Problem):
            raise InvalidInput(f"problem: expected a momentsos.Problem or None, got {shown(problem)}")
        positive(seconds, "seconds", "a number above 0")
        if self.document.get("digest") != digest(self.document):
            raise CertificateError("the content does not fit the digest: the certificate was changed")
        verdict = verify_document(self.document, seconds)
        if not verdict.holds:
            raise CertificateError(verdict.reason)
        if problem is not None:
            difference = different(self.document, problem)
            if difference:
                raise CertificateError(f"the certificate is about another problem: {difference}")
        return verdict

    def to_json(self, path: str | PathLike[str]) -> None:
        """Write the certificate to a file; the file appears whole or not at all.

        Raises
        ------
        InvalidInput
            The file cannot be written.
        """
        write_whole(path, json.dumps(self.document, allow_nan=False) + "\n")

    @classmethod
    def from_json(cls, path: str | PathLike[str], seconds: float = 10.0) -> Certificate:
        """Read a certificate from a file and check it.

        Raises
        ------
        CertificateError
            The file cannot be read, is not in the format, or does not hold.
        """
        document = document_at(path)
        verdict = verify_document(document, seconds)
        if not verdict.holds:
            raise CertificateError(f"{path}: {verdict.reason}")
        return cls(document, verdict.bound, verdict.lower_bound, verdict.upper_bound)


def document_at(path: str | PathLike[str]) -> Any:
    """Return the document in a file; `CertificateError` where it cannot be read or is not in the format."""
    try:
        return load(path)
    except (OSError, Refused) as error:
        raise CertificateError(f"{path}: {error}") from error


def bound_of(document: dict[str, Any]) -> Fraction | None:
    """Return the bound in a document of either kind, None where it says that no point is feasible."""
    stated = document["bound"]
    if isinstance(stated, list):
        return Fraction(stated[0]) if stated else None
    return Fraction(stated)
