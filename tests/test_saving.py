"""Records in files: whole again, floats to the last bit; what is damaged is one line of `InvalidInput`."""

from __future__ import annotations

import copy
import json
import random
from fractions import Fraction

import numpy as np
import pytest

import momentsos as ms
from momentsos.machine.documents import number

x, y = ms.variables("x y")
rng = np.random.default_rng(0)
WEIGHTS = [rng.standard_normal((3, 3)) for _ in range(3)]
INPUTS, TARGETS = rng.standard_normal((12, 3)), rng.standard_normal((12, 3))
FUNCTIONS = [ms.Activation(basis=[np.tanh, np.sin], bounds={0: (0, None)}), ms.Activation(powers=(0, 1))]
PROBLEMS = [
    ms.Problem(maximize=x * y, constraints=[x**2 + y**2 <= 1]),
    ms.Problem(Fraction(1, 3) * x**2 + x * y + 0.1 * y**2),
    ms.Problem(x**2 + y**2 - 3 * x * y),
    ms.Problem(x**4 * y**2 + x**2 * y**4 - 3 * x**2 * y**2 + 1),
    ms.Problem(x, constraints=[x >= 1, x <= 0]),
    ms.Problem(x * y, domains={"x": "binary", "y": "sign"}),
    ms.Problem.least_squares([[0, 1], [1, 1]], [[1.0, 2.0, 5.0], [1.0, -1.0, 2.0]], ["a", "b"]),
]
NETWORKS = [
    ms.PolynomialNetwork(WEIGHTS, degrees=[2, 1]),
    ms.PolynomialNetwork(WEIGHTS, degrees=[2, 1], biases=[np.ones(3)] * 3, normalisation="none"),
    ms.PolynomialNetwork(WEIGHTS, degrees=[1, 1], ties=[(0, 1)], normalisation=[(0, 1)]),
    ms.PolynomialNetwork(WEIGHTS, degrees=[2, 1]).with_coefficients([[1, 1 / 3, -0.3], [0.1, -1]]),
    ms.PolynomialNetwork(WEIGHTS, activations=FUNCTIONS),
    ms.PolynomialNetwork(WEIGHTS, activations=[ms.Activation(shape=np.tanh), ms.Activation(2, per_unit=True)]),
    ms.PolynomialNetwork(
        WEIGHTS,
        activations=[
            ms.Activation(2, basis="chebyshev", interval="data", fixed={0: 0.1}, constraints=[({1: 1.0}, (0, 0.5))]),
            ms.Activation(1, basis="legendre", interval=(-2, 1)),
        ],
    ),
]


def again(record, folder):
    path = folder / "record.json"
    record.to_json(path)
    return ms.load(path)


@pytest.mark.parametrize("problem", PROBLEMS, ids=str)
def test_problems_results_and_certificates_come_back_whole(problem, tmp_path) -> None:
    assert again(problem, tmp_path) == problem
    result = ms.solve(problem)
    loaded = again(result, tmp_path)
    assert loaded == result and loaded.as_dict() == result.as_dict()
    assert ("certificate" in vars(loaded)) == ("certificate" in vars(result))
    assert loaded.rigorous == result.rigorous and str(loaded) == str(result)
    if result.relaxation is not None:
        certificate = result.certificate
        assert again(certificate, tmp_path) == certificate
        loaded = again(result, tmp_path)
        assert loaded.certificate == certificate and loaded.certificate.verify(loaded.problem).holds


@pytest.mark.parametrize("network", NETWORKS)
def test_networks_come_back_whole(network, tmp_path) -> None:
    loaded = again(network, tmp_path)
    assert loaded == network and loaded.activations == network.activations
    if network.coefficients is not None:
        assert np.array_equal(loaded.predict(INPUTS), network.predict(INPUTS))


@pytest.mark.parametrize(
    "options",
    [
        {"loss": "mse"},
        {"loss": "mean_residual"},
        {"loss": "max_abs"},
        {"ridge": 0.1},
        pytest.param({"absolute": 0.1}, marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_fits_come_back_whole_and_still_report(options, tmp_path) -> None:
    fit = ms.learn(NETWORKS[0], INPUTS, TARGETS, **options)
    loaded = again(fit, tmp_path)
    assert type(loaded) is ms.Fit and loaded == fit and loaded.as_dict() == fit.as_dict()
    assert all(map(np.array_equal, loaded.coefficients, fit.coefficients))
    assert str(loaded.report(INPUTS, TARGETS)) == str(fit.report(INPUTS, TARGETS))


def test_a_fit_with_functions_comes_back(tmp_path) -> None:
    fit = ms.learn(ms.PolynomialNetwork(WEIGHTS, activations=FUNCTIONS), INPUTS, TARGETS)
    loaded = again(fit, tmp_path)
    assert loaded == fit and loaded.network.activations[0].basis[0] is np.tanh


def test_functions_of_a_users_own_are_refused_when_they_are_saved(tmp_path) -> None:
    own = [ms.Activation(basis=[np.tanh, lambda t: t]), ms.Activation(1)]
    with pytest.raises(ms.InvalidInput, match="holds no code"):
        ms.PolynomialNetwork(WEIGHTS, activations=own).to_json(tmp_path / "n.json")
    assert not (tmp_path / "n.json").exists()


def test_a_loaded_result_proves_bounds_that_are_named(tmp_path) -> None:
    loaded = again(ms.solve(ms.Problem((x - y) ** 2 + x**4)), tmp_path)
    assert loaded.certify(bound=0).bound == 0
    with pytest.raises(ms.CertificateError, match="solve"):
        loaded.certify()


def test_a_certificate_of_another_problem_is_refused(tmp_path) -> None:
    result, other = ms.solve(ms.Problem(x**2 + y**2 - x)), ms.solve(ms.Problem(x**2 + y**2 - y))
    assert result.certificate.bound < 0
    result.to_json(tmp_path / "r.json")
    data = json.loads((tmp_path / "r.json").read_text())
    (tmp_path / "r.json").write_text(json.dumps({**data, "certificate": other.certify().document}))
    with pytest.raises(ms.InvalidInput, match="other coefficients"):
        ms.load(tmp_path / "r.json")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not JSON"),
        ("[]", "a JSON object"),
        ("[" * 100_000, "not JSON"),
        ('{"format": "momentsos result", "format": "momentsos fit"}', "twice"),
        ('{"format": "momentsos result"}', "version"),
        ('{"format": "momentsos result", "version": 2}', "version 2"),
        ('{"format": "momentsos result", "version": 1}', "with the key"),
        ('{"format": "momentsos network", "version": 1}', "with the key"),
        ('{"format": "pickle", "version": 1}', "expected one of"),
        ('{"format": ["momentsos fit"], "version": 1}', "expected one of"),
        ('{"format": "momentsos certificate"}', "digest"),
        ('{"variables": ["x"]}', "minimize"),
        ("\xff", "JSON"),
    ],
)
def test_what_is_no_document_is_refused_in_one_line(text, words, tmp_path) -> None:
    (tmp_path / "d.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(ms.InvalidInput, match=words) as caught:
        ms.load(tmp_path / "d.json")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("path", ["missing.json", "", 3, None, "a\0b"])
def test_paths_that_lead_nowhere_are_refused(path) -> None:
    with pytest.raises(ms.InvalidInput):
        ms.load(path)


JUNK = [
    None, True, 0, -1, 1e308, "x", "inf", "nan", [], {}, [[]], [None], 10**400, "1/0", {"a": 1}, -5.5, "numpy.tanh",
    "os.system", [[1, 2], [3]], "numpy.load",
]  # fmt: skip


def places(document, before=()):
    if before:
        yield before
    inside = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in inside if isinstance(document, dict | list) else ():
        yield from places(value, (*before, key)) if isinstance(value, dict | list) else [(*before, key)]


@pytest.mark.parametrize("kind", ["result", "fit", "network"])
def test_damaged_documents_are_refused_or_are_records(kind, tmp_path) -> None:
    result = ms.solve(PROBLEMS[0])
    assert result.certificate
    network = NETWORKS[4]
    record = {"result": result, "network": network, "fit": None}[kind]
    record = ms.learn(network, INPUTS, TARGETS, ridge=0.1) if record is None else record
    path = tmp_path / "r.json"
    record.to_json(path)
    whole, chance, refused = json.loads(path.read_text()), random.Random(kind), 0
    every = list(places(whole))
    for _ in range(300):
        damaged, place = copy.deepcopy(whole), chance.choice(every)
        part = damaged
        for key in place[:-1]:
            part = part[key]
        if chance.random() < 0.2:
            del part[place[-1]]
        else:
            part[place[-1]] = chance.choice(JUNK)
        path.write_text(json.dumps(damaged))
        try:
            assert isinstance(ms.load(path), type(record) | ms.Problem)
        except ms.InvalidInput as error:
            refused += 1
            assert "\n" not in str(error)
    assert refused > 150


def test_numbers_that_json_has_not_have_names() -> None:
    assert [number(v) for v in (1.5, float("inf"), -float("inf"), float("nan"), None)] == [
        1.5, "inf", "-inf", "nan", None,
    ]  # fmt: skip
