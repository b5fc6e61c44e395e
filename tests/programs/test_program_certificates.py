"""Certificates of programs: an independent check, files, and what becomes of them when something is changed."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest

import momentsos as ms
from momentsos.certificates.format import digest
from momentsos.polynomials import Polynomial
from momentsos.programs.certificate import certificate_of

X, Y = ms.variables("x y")
T = ms.unknown("t")
V = ms.unknown("V", (X, Y), degree=2)

PROGRAMS = {
    "bound": ms.SOSProgram([ms.sos(X**4 - 3 * X**2 + X + 1 - T, on=[4 - X**2])], maximize=T),
    "sphere": ms.SOSProgram([ms.sos(X**3 * Y - T, equalities=[X**2 + Y**2 - 1])], maximize=T),
    "matrix": ms.SOSProgram([ms.sos([[2 - X - T, 1], [1, 2 + X - T]], on=[1 - X**2])], maximize=T),
    "find": ms.SOSProgram(
        [ms.sos(V - X**2 - Y**2), ms.sos(-(V.diff(X) * (Y - X) - V.diff(Y) * (X + Y))), ms.identity(V, V)]
    ),
    "face": ms.SOSProgram([ms.sos((X - 1) ** 2 * (X**2 + 1) + V.substitute({X: 0, Y: 0}))]),
    "empty": ms.SOSProgram([ms.sos(-(X**2) - V.substitute({X: 1, Y: 2}) ** 1, on=[X]), ms.sos(V - X**2)]),
}


def polynomial(terms, names) -> Polynomial:
    rows = [row for _, row in terms]
    return Polynomial.from_terms(rows or np.zeros((0, len(names))), [Fraction(c) for c, _ in terms], names)


def is_semidefinite(matrix: list[list[Fraction]]) -> bool:
    """Whether elimination with exact pivots finds no negative one."""
    rows = [list(row) for row in matrix]
    for i in range(len(rows)):
        if rows[i][i] < 0 or (not rows[i][i] and any(rows[i][i:])):
            return False
        for j in range(i + 1, len(rows)):
            if rows[i][i]:
                factor = rows[j][i] / rows[i][i]
                rows[j] = [a - factor * b for a, b in zip(rows[j], rows[i], strict=True)]
    return True


def full(lower) -> list[list[Fraction]]:
    return [[Fraction(lower[max(i, j)][min(i, j)]) for j in range(len(lower))] for i in range(len(lower))]


def identities_hold(document) -> bool:
    """Check the feasible side of a document again, with polynomials instead of packed integers."""
    values = [Fraction(value) for value in document["values"]]
    for stated, proof in zip(document["program"]["constraints"], document["proofs"], strict=True):
        names = stated["variables"]
        rest = polynomial(stated["known"], names)
        for i, terms in stated["parts"]:
            rest = rest + polynomial(terms, names) * values[i]
        for gram in proof["grams"]:
            matrix = full(gram["gram"])
            forms = [polynomial([["1", row]], names) for row in gram["basis"]]
            if gram["combination"]:
                forms = [
                    sum((Fraction(c) * f for c, f in zip(row, forms, strict=True)), polynomial([], names))
                    for row in gram["combination"]
                ]
            square = polynomial([], names)
            for i, row in enumerate(matrix):
                for j, value in enumerate(row):
                    square = square + forms[i] * forms[j] * value
            for j in gram["factors"]:
                square = square * polynomial(stated["on"][j], names)
            rest = rest - square
            if not is_semidefinite(matrix):
                return False
        for m in proof["multipliers"]:
            pairs = [[c, row] for c, row in zip(m["coefficients"], m["basis"], strict=True)]
            rest = rest - polynomial(pairs, names) * polynomial(stated["equalities"][m["equality"]], names)
        if rest:
            return False
    return True


@pytest.fixture(scope="module")
def solved() -> dict[str, ms.SOSResult]:
    return {name: program.solve() for name, program in PROGRAMS.items()}


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_certificates_verify_and_say_what_they_prove(solved, name):
    result = solved[name]
    expected = ms.Status.INFEASIBLE if name == "empty" else ms.Status.CERTIFIED
    assert result.status is expected, str(result)
    certificate = result.certify()
    verdict = certificate.verify(PROGRAMS[name])
    assert verdict.holds and verdict.statement == certificate.statement
    if certificate.value is not None:
        assert identities_hold(certificate.document)


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_certificates_come_back_from_files(solved, name, tmp_path):
    certificate = solved[name].certify()
    certificate.to_json(tmp_path / "program.json")
    again = ms.ProgramCertificate.from_json(tmp_path / "program.json")
    assert again == certificate and again.verify(PROGRAMS[name]).holds


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_a_certificate_is_about_one_program(solved, name):
    certificate = solved[name].certify()
    for other, program in PROGRAMS.items():
        if other != name:
            with pytest.raises(ms.CertificateError):
                certificate.verify(program)


def test_a_bound_holds_for_the_bases_of_the_program_only(solved):
    certificate = solved["bound"].certify()
    higher = ms.SOSProgram([ms.sos(X**4 - 3 * X**2 + X + 1 - T, on=[4 - X**2], degree=6)], maximize=T)
    with pytest.raises(ms.CertificateError):
        certificate.verify(higher)


def numbers_in(value, path=()):
    """Yield the paths of all numbers of a document that are part of a proof."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key not in ("program", "format", "version", "digest", "statement", "claim"):
                yield from numbers_in(item, (*path, key))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from numbers_in(item, (*path, i))
    elif isinstance(value, str):
        yield path


def changed(document, path, value):
    """Return the document with another value, and with the digest that belongs to it."""
    found = copy.deepcopy(document)
    place = found
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return {**found, "digest": digest(found)}


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_no_change_of_a_number_makes_a_false_proof(solved, name):
    certificate = solved[name].certify()
    rng = np.random.default_rng(len(name))
    paths = list(numbers_in(certificate.document))
    refused = 0
    for place in rng.permutation(len(paths))[:40]:
        path = paths[place]
        old = certificate.document
        for key in path:
            old = old[key]
        new = str(Fraction(old) + Fraction(int(rng.choice([-1, 1])), int(rng.choice([1, 7, 10**9]))))
        document = changed(certificate.document, path, new)
        try:
            again = certificate_of(document)
        except ms.CertificateError:
            refused += 1
        else:  # a functional has room: what it proves then is true, and the words are the same
            assert path[0] == "functionals"
            assert again.bound is None or again.bound >= solved[name].certify().value
    assert refused > 0


def test_changes_of_the_program_the_claim_and_the_shape_are_refused(solved):
    certificate = solved["bound"].certify()
    document = certificate.document
    wrong = [
        (("program", "sense"), "minimize"),
        (("program", "constraints", 0, "known", 0, 0), "7"),
        (("program", "constraints", 0, "kind"), "identity"),
        (("program", "constraints", 0, "on"), []),
        (("program", "objective", "constant"), "1"),
        (("claim",), "infeasible"),
        (("claim",), "bound"),
        (("claim",), "feasible"),
        (("claim",), "nonsense"),
        (("values",), []),
        (("proofs", 0, "grams", 0, "basis", 0), [9]),
        (("proofs", 0, "grams", 0, "factors"), [3]),
        (("proofs", 0, "grams"), []),
        (("functionals", 0, "monomials", 0), [77]),
        (("functionals", 0, "grams"), []),
        (("statement",), "The bound is 1000."),
        (("version",), 2),
        (("values",), ["1/0"]),
        (("values",), [1.5]),
    ]
    for path, value in wrong:
        with pytest.raises(ms.CertificateError):
            certificate_of(changed(document, path, value)).verify(PROGRAMS["bound"])


def test_a_file_that_was_changed_is_refused(solved, tmp_path):
    document = {**solved["bound"].certify().document}
    document["claim"] = "bound"
    (tmp_path / "changed.json").write_text(json.dumps(document))
    with pytest.raises(ms.CertificateError):
        ms.ProgramCertificate.from_json(tmp_path / "changed.json")
    with pytest.raises(ms.CertificateError):
        ms.ProgramCertificate.from_json(tmp_path / "none.json")
    with pytest.raises(ms.InvalidInput):
        solved["bound"].certify().verify("program")


def test_the_check_itself_needs_no_numerical_package():
    code = (
        "import sys, types, importlib.util, pathlib, momentsos\n"
        "root = pathlib.Path(momentsos.__file__).parent\n"
        "for name in ('certificates', 'programs'):\n"
        "    package = types.ModuleType('momentsos.' + name)\n"
        "    package.__path__ = [str(root / name)]\n"
        "    sys.modules['momentsos.' + name] = package\n"
        "import momentsos.programs.check\n"
        "print([m for m in ('numpy', 'flint', 'scipy', 'clarabel') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
