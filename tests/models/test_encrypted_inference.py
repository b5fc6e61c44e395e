"""The example of inference under encryption: matrices without encryption, and with it where TenSEAL is there."""

from __future__ import annotations

import itertools
import runpy
from pathlib import Path

import numpy as np
import pytest

import momentsos as ms

torch = pytest.importorskip("torch")
pytest.importorskip("sklearn")

EXAMPLE = runpy.run_path(str(Path(__file__).parents[2] / "examples" / "encrypted_inference.py"))


def folded(widths, seed=0):
    """A network of tanh with random weights, made quadratic and folded; and some inputs."""
    torch.manual_seed(seed)
    layers = []
    for first, second in itertools.pairwise(widths):
        layers += [torch.nn.Linear(first, second), torch.nn.Tanh()]
    X = np.random.default_rng(seed).standard_normal((100, widths[0]))
    return ms.polynomialize(torch.nn.Sequential(*layers[:-1]).eval().double(), X, degrees=2), X


def test_matrices_with_a_constant_input_are_the_folded_network():
    poly, X = folded([5, 6, 6, 3])
    outputs = EXAMPLE["plain"](EXAMPLE["matrices_of"](poly.fold()), X)
    assert outputs == pytest.approx(poly.model(torch.tensor(X)).detach().numpy(), abs=1e-12)
    assert poly.report.folded_levels == EXAMPLE["LEVELS"]


def test_activations_that_are_no_squares_are_refused():
    poly, _ = folded([4, 5, 5, 2])
    with pytest.raises(ValueError, match="expected a square"):
        EXAMPLE["matrices_of"](poly.model)


@pytest.mark.slow
def test_encrypted_outputs_are_the_plain_ones():
    pytest.importorskip("tenseal", reason="TenSEAL is not installed: pip install momentsos[encrypted]")
    poly, X = folded([5, 6, 6, 3])
    found = EXAMPLE["compared"](EXAMPLE["matrices_of"](poly.fold()), X[:2], np.zeros(2, dtype=int))
    assert found.same == 2
    assert found.difference < 1e-5


@pytest.mark.slow
def test_encrypted_digits_get_the_classes_that_plain_ones_get():
    pytest.importorskip("tenseal", reason="TenSEAL is not installed: pip install momentsos[encrypted]")
    data = EXAMPLE["digits"]()
    poly = ms.polynomialize(EXAMPLE["trained"](data), data.X, degrees=2, holdout=(data.X_test, None, data.y_test))
    assert poly.fit.status is ms.Status.CERTIFIED
    found = EXAMPLE["compared"](EXAMPLE["matrices_of"](poly.fold()), data.X_test[:1], data.y_test[:1])
    assert found.same == 1
    assert found.difference < 5e-4
