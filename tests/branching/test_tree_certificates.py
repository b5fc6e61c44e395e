"""Certificates of trees are checked leaf by leaf, and changes of them are refused."""

from __future__ import annotations

import ast
import copy
import json
import random
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import momentsos as ms
from benchmarks.library import LIBRARY
from momentsos.certificates import tree_check, tree_format
from momentsos.certificates.format import digest
from momentsos.certificates.statement import describe, verify_document

_NAMES = ("haverly-1", "fp-2.6", "double-well", "signs-5", "bard-linear", "cut-k5", "fp-2.1")
_ENTRIES = {entry.name: entry for entry in LIBRARY}


@pytest.fixture(scope="module")
def certificates() -> dict[str, Any]:
    """Documents of closed trees, by name."""
    found = {}
    for name in _NAMES:
        result = ms.solve(_ENTRIES[name].make(), method="branch", time_limit=60.0)
        found[name] = result.certify().document
    return found


def sealed(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document with the statement and digest of its content."""
    bound = Fraction(document["bound"][0]) if document["bound"] else None
    try:
        attained = None if not document["point"] else Fraction(0)
        document["statement"] = describe(document, bound, attained)
    except (ValueError, KeyError, IndexError, TypeError):
        pass
    return document | {"digest": digest(document)}


def accepted(document: dict[str, Any]) -> bool:
    """Whether the verifier accepts what a document says, its words and its digest apart."""
    try:
        tree_check.check_tree(document, 60.0)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("name", _NAMES)
def test_trees_are_verified_and_about_their_problem(certificates, name, tmp_path):
    document = certificates[name]
    assert verify_document(document).holds
    problem = _ENTRIES[name].make()
    path = tmp_path / "certificate.json"
    path.write_text(json.dumps(document))
    certificate = ms.Certificate.from_json(path)
    assert certificate.verify(problem).holds
    x = ms.variables("x")
    other = ms.Problem(x[0] if isinstance(x, list | tuple) else x)
    with pytest.raises(ms.CertificateError, match="another problem"):
        certificate.verify(other)
    assert isinstance(ms.load(path), ms.Certificate)


def test_the_command_verifies_a_tree(certificates, tmp_path):
    path = tmp_path / "certificate.json"
    path.write_text(json.dumps(certificates["haverly-1"]))
    done = subprocess.run([sys.executable, "-m", "momentsos", "verify", str(path)], capture_output=True, text=True)
    assert done.returncode == 0
    path.write_text(json.dumps(certificates["haverly-1"]).replace("-400", "-300"))
    done = subprocess.run([sys.executable, "-m", "momentsos", "verify", str(path)], capture_output=True, text=True)
    assert done.returncode != 0


def test_the_verifier_needs_the_standard_library_alone():
    own = {"format", "verify", "tree_check", "tree_format"}
    for module in (tree_check, tree_format):
        for node in ast.walk(ast.parse(Path(module.__file__).read_text())):
            if isinstance(node, ast.ImportFrom):
                names = {node.module} if node.level else set()
                assert names <= own
                assert node.level or node.module.split(".")[0] in sys.stdlib_module_names
            if isinstance(node, ast.Import):
                assert all(name.name.split(".")[0] in sys.stdlib_module_names for name in node.names)


# -- changes that make a proof of nothing -----------------------------------------------------------------


def _node_dropped(document, rng):
    document["nodes"].pop(rng.randrange(len(document["nodes"])))


def _node_doubled(document, rng):
    place = rng.randrange(len(document["nodes"]))
    document["nodes"].insert(place, copy.deepcopy(document["nodes"][place]))


def _leaf_emptied(document, rng):
    leaves = [node for node in document["nodes"] if node["rows"]]
    rng.choice(leaves)["rows"] = []


def _split_forgotten(document, rng):
    nodes = [node for node in document["nodes"] if node["split"]["variables"]]
    node = rng.choice(nodes) if nodes else document["nodes"][0]
    node["split"] = {"variables": [], "values": [], "equality": []}
    if not nodes:
        node["rows"] = []


def _bound_beyond_the_optimum(document, rng):
    step = Fraction(rng.randint(1, 10**6), 10**6) * max(1, abs(Fraction(document["bound"][0])))
    sign = -1 if "maximize" in document["problem"] else 1
    document["bound"] = [str(Fraction(document["bound"][0]) + sign * (step + Fraction(1, 10**4) * max(1, abs(step))))]


def _inequality_with_a_negative_multiplier(document, rng):
    rows = [row for row in _all_rows(document) if row[0] != 1]
    row = rng.choice(rows)
    row[3] = str(-abs(Fraction(int(row[3].split("/")[0], 0))))


def _unknown_factor(document, rng):
    rng.choice([row for row in _all_rows(document) if row[0] == 0])[2] = 20_000


def _everything_is_inside(document, rng):
    bounds = [bound for node in document["nodes"] for step in node["steps"] for bound in step["bounds"]]
    bound = rng.choice(bounds)
    move = 10 ** rng.randint(1, 3)
    bound[3] = str(Fraction(_parsed(bound[3])) + (-move if bound[2] else move))


def _wrong_side(document, rng):
    steps = [step for node in document["nodes"] for step in node["steps"] if step["rows"]]
    bound = rng.choice(rng.choice(steps)["bounds"])
    bound[2] = 1 - bound[2]


def _frame_moved(document, rng):
    k = rng.randrange(len(document["frame"]["width"]))
    document["frame"]["width"][k] = "0"


_ALWAYS = (
    _node_dropped,
    _node_doubled,
    _leaf_emptied,
    _split_forgotten,
    _bound_beyond_the_optimum,
    _inequality_with_a_negative_multiplier,
    _unknown_factor,
    _everything_is_inside,
    _wrong_side,
    _frame_moved,
)


def _all_rows(document) -> list[list[Any]]:
    parts = [node["rows"] for node in document["nodes"]]
    parts += [step["rows"] for node in document["nodes"] for step in node["steps"]]
    return [row for rows in parts for row in rows]


def _parsed(text: str) -> Fraction:
    top, _, bottom = text.partition("/")
    return Fraction(int(top, 0), int(bottom or "1", 0))


@pytest.mark.parametrize("change", _ALWAYS, ids=lambda change: change.__name__[1:])
@pytest.mark.parametrize("name", _NAMES)
def test_changes_that_prove_nothing_are_refused(certificates, name, change: Callable[[Any, random.Random], None]):
    rng = random.Random(f"{name}{change.__name__}")
    for _ in range(8):
        document = copy.deepcopy(certificates[name])
        change(document, rng)
        assert not accepted(document)


# -- changes after which a proof may or may not hold: what is accepted is true -----------------------------


def _row_dropped(document, rng):
    holders = [node["rows"] for node in document["nodes"]]
    holders += [step["rows"] for node in document["nodes"] for step in node["steps"]]
    rows = rng.choice([rows for rows in holders if rows])
    rows.pop(rng.randrange(len(rows)))


def _multipliers_swapped(document, rng):
    first, second = rng.choice(_all_rows(document)), rng.choice(_all_rows(document))
    first[3], second[3] = second[3], first[3]


def _multiplier_changed(document, rng):
    row = rng.choice(_all_rows(document))
    row[3] = str(_parsed(row[3]) * Fraction(rng.choice([0, 1, 2, 3, 9, 11]), 10))


def _factor_changed(document, rng):
    row = rng.choice(_all_rows(document))
    row[rng.choice([1, 2])] = rng.randrange(40)


def _bound_changed(document, rng):
    bounds = [bound for node in document["nodes"] for step in node["steps"] for bound in step["bounds"]]
    bound = rng.choice(bounds)
    value = _parsed(bound[3])
    bound[3] = str(value + Fraction(rng.randint(-100, 100), 10 ** rng.randint(1, 9)))


def _coefficient_changed(document, rng):
    sense = "maximize" if "maximize" in document["problem"] else "minimize"
    term = rng.choice(document["problem"][sense])
    term[0] = str(_parsed(term[0]) + Fraction(rng.choice([-1, 1]), 10 ** rng.randint(0, 6)))


def _split_changed(document, rng):
    nodes = [node for node in document["nodes"] if node["split"]["variables"]]
    if nodes:
        split = rng.choice(nodes)["split"]
        split["variables"][0] = rng.randrange(5)
    else:
        _row_dropped(document, rng)


_SOMETIMES = (
    _row_dropped,
    _multipliers_swapped,
    _multiplier_changed,
    _factor_changed,
    _bound_changed,
    _split_changed,
)


@pytest.mark.parametrize("name", _NAMES)
def test_what_is_accepted_after_a_change_is_still_true(certificates, name):
    rng = random.Random(name)
    refused = 0
    for number in range(36):
        document = copy.deepcopy(certificates[name])
        _SOMETIMES[number % len(_SOMETIMES)](document, rng)
        refused += not accepted(document)
        assert document["bound"] == certificates[name]["bound"]  # a true bound, however it is proved
    assert refused >= 9


@pytest.mark.parametrize("name", _NAMES)
def test_every_change_of_a_file_is_refused_unless_it_is_sealed_again(certificates, name):
    rng = random.Random(name)
    for number in range(60):
        document = copy.deepcopy(certificates[name])
        (*_SOMETIMES, _coefficient_changed)[number % 7](document, rng)
        if document == certificates[name]:
            continue
        assert digest(document) != document["digest"]


@pytest.mark.parametrize("name", ["fp-2.6", "fp-2.1", "double-well"])
def test_a_changed_objective_is_not_proved(certificates, name):
    rng = random.Random(name)
    for _ in range(10):
        document = copy.deepcopy(certificates[name])
        for term in document["problem"]["minimize"]:
            if any(term[1]):
                term[0] = str(_parsed(term[0]) * 2 - rng.randint(1, 3))
        assert not accepted(document)
