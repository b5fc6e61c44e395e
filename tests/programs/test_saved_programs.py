"""Results of sum-of-squares programs in files: whole again with their proofs; what is damaged is one line."""

from __future__ import annotations

import copy
import json
import math
import random
from fractions import Fraction

import pytest

import momentsos as ms

x, y = ms.variables("x y")
t = ms.unknown("t")
q = ms.unknown("q", x, degree=2)
V = ms.unknown("V", (x, y), degree=2, minimum=2)
P = ms.unknown("P", size=2)
MOTZKIN = x**4 * y**2 + x**2 * y**4 - 3 * x**2 * y**2 + 1
PROGRAMS = {
    "maximum": (ms.SOSProgram([ms.sos(x**4 - 3 * x**2 + x + 1 - t)], maximize=t), ms.Status.CERTIFIED),
    "approximation": (
        ms.SOSProgram([ms.sos(t + s * (x**3 - q), on=[1 - x**2]) for s in (1, -1)], minimize=t),
        ms.Status.CERTIFIED,
    ),
    "no objective": (
        ms.SOSProgram([ms.sos(V - x**2), ms.sos(-(V.diff(x) * (Fraction(1, 3) * y - x) - V.diff(y) * y))]),
        ms.Status.CERTIFIED,
    ),
    "matrix": (ms.SOSProgram([ms.sos(P - [[2.0, 0.1], [0.1, 1.0]])], minimize=P[0, 0] + P[1, 1]), ms.Status.CERTIFIED),
    "equality and identity": (
        ms.SOSProgram([ms.sos(x + y - t, equalities=[1 - x**2 - y**2]), ms.identity(q, 2 * x)], maximize=t),
        ms.Status.CERTIFIED,
    ),
    "products": (ms.SOSProgram([ms.sos(x * y - t, on=[x, y], products=True)], maximize=t), ms.Status.CERTIFIED),
    "infeasible": (ms.SOSProgram([ms.sos(MOTZKIN)]), ms.Status.INFEASIBLE),
    "unbounded": (ms.SOSProgram([ms.sos(x**2 + t)], minimize=-t), ms.Status.UNBOUNDED),
    "not proved": (ms.SOSProgram([ms.sos((x**2 - 0.1 * y**2 - 0.3) ** 2 - 1e-18)]), None),
}


def saved(result, folder):
    path = folder / "result.json"
    result.to_json(path)
    return path


@pytest.mark.parametrize("name", PROGRAMS)
def test_results_of_programs_come_back_whole_with_what_proves_them(name, tmp_path) -> None:
    program, status = PROGRAMS[name]
    result = program.solve()
    assert status is None or result.status is status
    loaded = ms.load(saved(result, tmp_path))
    assert type(loaded) is ms.SOSResult and loaded == result and str(loaded) == str(result)
    assert loaded.program == program and loaded.seconds == result.seconds
    assert dict(loaded.values.numbers) == dict(result.values.numbers)
    assert [type(v) for v in loaded.values.numbers.values()] == [type(v) for v in result.values.numbers.values()]
    if result.certificate is None:
        with pytest.raises(ms.CertificateError, match="nothing is proved"):
            loaded.certify()
    else:
        assert loaded.certify() == result.certificate and loaded.certify().verify(program).holds


def test_certificates_of_programs_are_read_by_load(tmp_path) -> None:
    certificate = PROGRAMS["maximum"][0].solve().certify()
    certificate.to_json(tmp_path / "c.json")
    assert ms.load(tmp_path / "c.json") == certificate
    (tmp_path / "c.json").write_text((tmp_path / "c.json").read_text().replace("maximize", "minimize"))
    with pytest.raises(ms.InvalidInput, match="digest"):
        ms.load(tmp_path / "c.json")


def test_a_loaded_result_is_solved_again_to_the_same(tmp_path) -> None:
    loaded = ms.load(saved(PROGRAMS["products"][0].solve(), tmp_path))
    assert loaded.program.solve() == loaded
    assert loaded.values[t - 3 * x] == loaded.values["t"] - 3 * x


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("status", "BOUNDED", None),  # it says less than is proved
        ("status", "INFEASIBLE", "does not go with"),
        ("status", "FAILED", "does not go with"),
        ("status", "DONE", "expected one of"),
        ("certificate", None, "does not go with"),
        ("certificate", {}, "format"),
        ("lower_bound", 0.0, "not those that are proved"),
        ("upper_bound", "nan", "not those that are proved"),
        ("value", -2.0, "not the objective"),
        ("values", [[0, "-5/2"]], "not those that are proved"),
        ("values", [[1, "-5/2"]], "the number of an unknown"),
        ("values", [[0, "1/0"]], "a fraction such as"),
        ("sizes", [1.5], "an integer"),
    ],
)
def test_results_that_say_more_than_is_proved_are_refused(key, value, words, tmp_path) -> None:
    path = saved(PROGRAMS["maximum"][0].solve(), tmp_path)
    path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))
    if words is None:
        assert ms.load(path).status is ms.Status.BOUNDED
        return
    with pytest.raises(ms.InvalidInput, match=words) as caught:
        ms.load(path)
    assert "\n" not in str(caught.value)


def test_a_certificate_of_another_program_is_refused(tmp_path) -> None:
    one = PROGRAMS["maximum"][0].solve()
    other = ms.SOSProgram([ms.sos(x**4 - 3 * x**2 + x + 2 - t)], maximize=t).solve()
    path = saved(one, tmp_path)
    path.write_text(json.dumps({**json.loads(path.read_text()), "certificate": other.certify().document}))
    with pytest.raises(ms.InvalidInput, match="another program"):
        ms.load(path)


def places(document, before=()):
    inside = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in inside:
        yield (*before, key)
        if isinstance(value, dict | list):
            yield from places(value, (*before, key))


JUNK = [None, True, 0, -1, 7, 1e308, "x", "inf", "nan", [], {}, [[]], 10**400, "1/0", {"a": 1}, -5.5, "1/3"]


@pytest.mark.parametrize("name", ["approximation", "products"])
def test_damaged_results_of_programs_are_refused_or_are_results(name, tmp_path) -> None:
    path = saved(PROGRAMS[name][0].solve(), tmp_path)
    whole, chance, refused = json.loads(path.read_text()), random.Random(name), 0
    proof = [place for place in places(whole) if place[0] == "certificate"]
    rest = [place for place in places(whole) if place[0] != "certificate"]
    for _ in range(120):
        damaged, place = copy.deepcopy(whole), chance.choice(proof if chance.random() < 0.2 else rest)
        part = damaged
        for key in place[:-1]:
            part = part[key]
        if chance.random() < 0.2:
            del part[place[-1]]
        else:
            part[place[-1]] = chance.choice(JUNK)
        path.write_text(json.dumps(damaged))
        try:
            assert isinstance(ms.load(path), ms.SOSResult)
        except ms.InvalidInput as error:
            refused += 1
            assert "\n" not in str(error)
    assert refused > 60


def test_numbers_that_json_has_not_come_back(tmp_path) -> None:
    result = PROGRAMS["unbounded"][0].solve()
    assert math.isinf(result.lower_bound)
    assert ms.load(saved(result, tmp_path)).lower_bound == result.lower_bound
