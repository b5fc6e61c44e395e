"""`load`: records from files, whole again.

Results, fits, networks, problems and certificates write themselves with `to_json`. A file is self-contained JSON with
the name and the version of its format, but for problems, whose format has no name (see the page of the command line).
Floats keep their last bit, exact coefficients are fractions in strings, functions are known by name, and reading
evaluates no code.
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

Saved = (
    Result
    | Fit
    | PolynomialNetwork
    | Problem
    | Certificate
    | ReluFit
    | QueryResult
    | RationalFit
    | ShapedFit
    | OutputFit
)


def load(path: str | PathLike[str]) -> Saved:
    """Read what `to_json` of a result, fit, network, problem or certificate has written.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    Result, Fit, PolynomialNetwork, Problem, Certificate, ReluFit, QueryResult, RationalFit, ShapedFit or OutputFit
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
    if not isinstance(data, dict):
        raise InvalidInput(f"{path}: expected a JSON object that momentsos has written, got {shown(data)}")
    name = data.get("format")
    if name is None:
        return Problem.from_json(data)
    if name in (CERTIFICATE, TREE):
        return _certificate(path)
    if not isinstance(name, str) or name not in _READERS:
        known = ", ".join(repr(each) for each in (*_READERS, CERTIFICATE, TREE))
        raise InvalidInput(f"{path}: format {shown(name)}: expected one of {known}, or a problem, which has none")
    if data.get("version") != VERSION:
        raise InvalidInput(f"{path}: version {shown(data.get('version'))} of {name!r}: expected {VERSION}")
    return _READERS[name](Part(data, name))


def _certificate(path: str | PathLike[str]) -> Certificate:
    try:
        return Certificate.from_json(path)
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
    RELU: relu_of,
    QUERIES: queries_of,
    RATIONAL: rational_of,
    SHAPED: shaped_of,
    OUTPUTS: _outputs,
}
