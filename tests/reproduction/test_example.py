"""The example with a network of scikit-learn."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn")
PATH = Path(__file__).parents[2] / "examples" / "tanh_to_polynomial.py"


@pytest.fixture(scope="module")
def example():
    import sys

    spec = importlib.util.spec_from_file_location("tanh_to_polynomial", PATH)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def test_the_polynomial_network_keeps_weights_and_biases(example) -> None:
    data = example.diabetes()
    model = example.trained(data)
    first, second = [0.0, 0.9, 0.1, -0.2], [0.05, 0.8, -0.1]
    network = example.polynomial_network(model).with_coefficients([first, second])
    (W1, W2, W3), (b1, b2, b3) = model.coefs_, model.intercepts_
    hidden = np.polynomial.polynomial.polyval(data.X @ W1 + b1, first)
    hidden = np.polynomial.polynomial.polyval(hidden @ W2 + b2, second)
    assert network.predict(data.X) == pytest.approx(hidden @ W3 + b3)


def test_the_interval_fit_is_close_to_tanh_where_the_inputs_are(example) -> None:
    data = example.diabetes()
    model = example.trained(data)
    network = example.polynomial_network(model, (7, 7))
    fitted = example.interval_fit(network, model, data.X)
    assert np.abs(fitted.predict(data.X).ravel() - model.predict(data.X)).max() < 0.3


@pytest.mark.parametrize("seed", range(3))
def test_the_learned_polynomials_are_certified_everywhere_and_no_worse_than_the_interval_fit(example, seed) -> None:
    found = example.compare(seed)
    assert found.fit.status.name == "CERTIFIED" and found.fit.region.everything
    errors = {name: mse for name, _, _, mse in found.rows}
    assert errors["learned polynomials"] <= errors["interval fit of tanh"]
    assert errors["learned polynomials"] == pytest.approx(found.fit.upper_bound, rel=1e-6)
