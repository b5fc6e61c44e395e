"""The examples of learning, in smaller sizes: what is certified, and what they show."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

import momentsos as ms

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_the_command_of_a_controller_is_proved_over_the_box() -> None:
    example = runpy.run_path(str(EXAMPLES / "polynomial_controller.py"))
    found = example["bounded"](example["imitated"](samples=80), samples=2000)
    assert found.fit.status is found.lowest.status is found.highest.status is ms.Status.CERTIFIED
    low, high = found.sampled
    assert found.lowest.lower_bound <= low < high <= found.highest.upper_bound
    assert found.highest.upper_bound == pytest.approx(high, rel=0.05)
    proved = found.highest.certify()
    assert float(proved.upper_bound) == pytest.approx(found.highest.upper_bound, rel=1e-6)
    path = example["simulated"](found.fit.network, 0.5 * example["BOX"], seconds=4.0)
    assert np.abs(path).max() <= np.abs(example["BOX"]).max() and np.abs(path[-1]).max() < 0.1


def test_the_teacher_saturates_and_stabilises() -> None:
    example = runpy.run_path(str(EXAMPLES / "polynomial_controller.py"))
    states = np.random.default_rng(0).uniform(-5, 5, (100, 2))
    torque = example["teacher"](states)
    assert np.abs(torque).max() <= 3.0 and np.allclose(example["teacher"](-states), -torque)


def test_a_predistorter_makes_an_amplifier_straighter() -> None:
    example = runpy.run_path(str(EXAMPLES / "predistorter.py"))
    found = example["identified"](samples=150)
    assert found.forward.status is found.backward.status is ms.Status.CERTIFIED
    assert found.amplifier_error < -45.0
    assert found.after < found.before - 8.0


def test_the_inverse_of_a_filter_undoes_it() -> None:
    example = runpy.run_path(str(EXAMPLES / "predistorter.py"))
    undone = np.convolve(example["inverse"](example["BEHIND"], 20), example["BEHIND"])[:20]
    assert undone == pytest.approx(np.eye(20)[0], abs=1e-12)


def test_features_of_another_model_tell_signals_apart() -> None:
    pytest.importorskip("sklearn")
    example = runpy.run_path(str(EXAMPLES / "feature_biases.py"))
    rows = {row.biases: row for row in example["compare"](example["sines"](count=4, places=15), units=5)}
    assert set(rows) == set(example["KINDS"])
    assert all(row.status is ms.Status.CERTIFIED for row in rows.values())
    assert rows["features"].explained > 0.7 > 0.5 > rows["learned"].explained >= rows["frozen"].explained - 1e-3
    assert rows["frozen"].upper_bound <= rows["none"].upper_bound * (1 + 1e-3)
