"""Weights and biases of scikit-learn's perceptrons; they are told by what they have, so nothing is imported."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidInput
from ..machine.checks import shown

Floats = NDArray[np.float64]


def last_step(model: Any) -> Any:
    """Return the fitted perceptron that a model is, or that stands at the end of a pipeline.

    Raises
    ------
    InvalidInput
        It is none of both, or not fitted.
    """
    end = model
    while isinstance(steps := getattr(end, "steps", None), list) and steps:
        end = steps[-1][1]
    if hasattr(end, "coefs_") and hasattr(end, "intercepts_"):
        return end
    if hasattr(end, "hidden_layer_sizes"):
        raise InvalidInput(f"model: {shown(type(end))} is not fitted; call fit first")
    inner = next((name for name in ("best_estimator_", "regressor_", "estimator_") if hasattr(end, name)), None)
    hint = "" if inner is None else f"; what it holds may be one: give model.{inner}"
    raise InvalidInput(
        f"model: expected MLPRegressor, MLPClassifier or a pipeline that ends in one, got {shown(end)}{hint}"
    )


def layers_of(model: Any) -> tuple[list[Floats], list[Floats]]:
    """Return weights, (m_l, m_{l-1}), and biases of a perceptron; its outputs are those before a softmax."""
    end = last_step(model)
    weights = [np.array(matrix, dtype=np.float64).T for matrix in end.coefs_]
    return weights, [np.array(vector, dtype=np.float64) for vector in end.intercepts_]
