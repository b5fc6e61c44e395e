"""No changed certificate with symmetries is taken unless an independent judge finds all of it true."""

from __future__ import annotations

import time
from collections import Counter
from functools import cache

import numpy as np
import pytest
from certificates.documents import by_hand
from certificates.orbit_attacks import accepted, constructed, genuine, mutated, slightly_lopsided
from certificates.orbit_judge import defect

from momentsos.certificates import statement
from momentsos.certificates.statement import describe, verify_document
from momentsos.certificates.verify import check

#: A box with both signs, an equality, a ball with middles that are not zero and permutations.
SEEDS = (1, 4, 5)


@cache
def certificate(seed: int) -> dict:
    document = genuine(seed)
    assert document is not None
    return document


@pytest.mark.parametrize("seed", SEEDS)
def test_the_judge_finds_nothing_in_certificates_that_were_made(seed) -> None:
    assert accepted(certificate(seed)) and verify_document(certificate(seed)).holds
    assert not defect(certificate(seed), np.random.default_rng(seed))


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_is_taken_after_a_change_is_true(seed) -> None:
    rng, taken = np.random.default_rng(seed), Counter[str]()
    for _ in range(100):
        name, changed = mutated(certificate(seed), rng)
        if changed == certificate(seed) or not accepted(changed):
            continue
        taken[name] += 1
        assert not defect(changed, rng), name
    assert sum(taken.values()) < 25, taken  # most changes make something false


@pytest.mark.parametrize("seed", SEEDS)
def test_an_objective_that_is_lopsided_by_a_tiny_fraction_has_no_symmetry(seed) -> None:
    rng, refused = np.random.default_rng(seed), 0
    for _ in range(10):
        changed = slightly_lopsided(certificate(seed), rng)
        check(changed, 10.0)  # the identity holds
        if defect(changed, rng):
            refused += 1
            assert not accepted(changed)
    assert refused


def test_an_identity_does_not_make_a_symmetry() -> None:
    """Objectives below the bound beyond a half-space, with a proof that there is none on its side."""
    for seed in range(60):
        document = constructed(seed)
        bound, attained = check(document, 10.0)
        document["statement"] = describe(document, bound, attained)
        verdict = verify_document(document)
        assert not verdict.holds and verdict.reason.startswith("symmetry: an element changes the problem")
        assert defect(document, np.random.default_rng(seed)) == "another objective"


def test_the_time_limit_is_one_of_both_checks_together(monkeypatch) -> None:
    given = []

    def slow(document, seconds) -> tuple:
        given.append(seconds)
        time.sleep(0.02)
        return 0, None

    monkeypatch.setattr(statement, "checked", slow)
    monkeypatch.setattr(statement, "check_half_spaces", lambda document, seconds: given.append(seconds))
    verify_document(by_hand() | {"symmetry": {"elements": []}}, 10.0)
    assert given[0] == 10.0 and given[1] < 9.99
