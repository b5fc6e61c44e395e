"""`load`: records from files, whole again.

Results, fits, networks, problems and certificates write themselves with `to_json`, and so do results and certificates
of sum-of-squares programs. A file is self-contained JSON with the name and the version of its format, but for problems,
whose format has no name (see the page of the command line). Floats keep their last bit, exact coefficients are
fractions in strings, functions are known by name, and reading evaluates no code.
"""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from typing import Any

from .certificates import Certificate, CertificateError
from .certificates.document import different
from .certificates.format import NAME as CERTIFICATE
from .certificates.format import digest
from .certificates.statement import verify_document
from .certificates.tree_format import NAME as TREE
from .errors import InvalidInput
from .hierarchy.document import FORMAT as RESULT
from .hierarchy.document import result_fields
from .hierarchy.result import Result
from .learning import PolynomialNetwork
from .learning.fit import Fit
from .learning.fit_document import FIT, fit_of
from .learning.network_document import NETWORK, network_of
from .learning.outputs.learn import OutputFit
from .learning.rational.learn import RationalFit
from .learning.relu.queries import QueryResult
from .learning.relu.result import ReluFit
from .learning.shapes.learn import ShapedFit
from .learning.unit_documents import (
    OUTPUTS,
    QUERIES,
    RATIONAL,
    RELU,
    SHAPED,
    outputs_of,
    queries_of,
    rational_of,
    relu_of,
    shaped_of,
)
from .machine.checks import shown
from .machine.documents import VERSION, Part, read_json
from .problem import Problem
from .programs import ProgramCertificate, SOSResult
from .programs.check import NAME as PROGRAM_CERTIFICATE
from .programs.document import FORMAT as PROGRAM
from .programs.document import result_of_document

Saved = (
    Result
    | Fit
    | PolynomialNetwork
    | Problem
    | Certificate
    | SOSResult
    | ProgramCertificate
    | ReluFit
    | QueryResult
    | RationalFit
    | ShapedFit
    | OutputFit
)


def load(path: str | PathLike[str]) -> Saved:
    """Read what `to_json` of a result, fit, network, problem or certificate has written, also of a program's.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    Result, Fit, PolynomialNetwork, Problem, Certificate, ReluFit or any other of `Saved`
        Equal to what was saved. A result has no arrays of its relaxation; a certificate, also one in a result, is
        verified anew.

    Raises
    ------
    InvalidInput
        The file cannot be read, is larger than 200 MB (a certificate: 10 MB), is of no format of ours, is damaged, or
        holds a certificate that does not hold; one line says what is wrong, and where.

    Examples
    --------
    >>> import momentsos as ms, tempfile, os
    >>> x, y = ms.variables("x y")
    >>> result = ms.solve(ms.Problem(minimize=(x - y) ** 2 + x**4))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     result.to_json(os.path.join(folder, "result.json"))
    ...     again = ms.load(os.path.join(folder, "result.json"))
    >>> again == result
    True
    """
    data = read_json(path)
    name = data.get("format") if isinstance(data, dict) else None
    if isinstance(name, str) and name in _CERTIFICATES:
        return _certificate(path, _CERTIFICATES[name])
    return load_document(data, path)


def load_document(data: object, where: str | PathLike[str]) -> Saved:
    """Return the record of a document that was read already; `load` for all but certificates.

    Raises
    ------
    InvalidInput
        As of `load`; `where` stands in the message.
    """
    if not isinstance(data, dict):
        raise InvalidInput(f"{where}: expected a JSON object that momentsos has written, got {shown(data)}")
    name = data.get("format")
    if name is None:
        return Problem.from_json(data)
    if not isinstance(name, str) or name not in _READERS:
        known = ", ".join(repr(each) for each in (*_READERS, *_CERTIFICATES))
        raise InvalidInput(f"{where}: format {shown(name)}: expected one of {known}, or a problem, which has none")
    if data.get("version") != VERSION:
        raise InvalidInput(f"{where}: version {shown(data.get('version'))} of {name!r}: expected {VERSION}")
    return _READERS[name](Part(data, name))


def _certificate(path: str | PathLike[str], kind: Any) -> Any:
    try:
        return kind.from_json(path)
    except CertificateError as error:
        raise InvalidInput(str(error)) from error


def _result(part: Part) -> Result:
    return _with_certificate(Result(**result_fields(part)), part)


def _fit(part: Part) -> Fit:
    return _with_certificate(fit_of(part), part)


def _outputs(part: Part) -> OutputFit:
    return outputs_of(part, _result(part["result"]))


def _with_certificate(result: Any, part: Part) -> Any:
    """Give a result the certificate that it had, once the verifier has accepted it."""
    document = part["certificate"].value
    if document is not None:
        verdict = verify_document(document)
        if not verdict.holds:
            raise InvalidInput(f"{part.where}.certificate: it does not hold: {verdict.reason}")
        other = different(document, result.problem)
        if other or document.get("digest") != digest(document):
            raise InvalidInput(f"{part.where}.certificate: {other or 'it does not fit its digest'}")
        made = Certificate(document, verdict.bound, verdict.lower_bound, verdict.upper_bound)
        vars(result)["certificate"] = made  # where `cached_property` keeps what it has made
    return result


_READERS: dict[str, Callable[[Part], Any]] = {
    RESULT: _result,
    FIT: _fit,
    NETWORK: network_of,
    PROGRAM: result_of_document,
    RELU: relu_of,
    QUERIES: queries_of,
    RATIONAL: rational_of,
    SHAPED: shaped_of,
    OUTPUTS: _outputs,
}
_CERTIFICATES: dict[str, Any] = {CERTIFICATE: Certificate, TREE: Certificate, PROGRAM_CERTIFICATE: ProgramCertificate}
