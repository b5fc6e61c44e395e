"""Perceptrons of scikit-learn with polynomial activations: what a trained one, or a pipeline with one, becomes.

They are as they were made, like `sklearn.frozen.FrozenEstimator`: `fit` changes nothing and a clone is the same object.
"""

from __future__ import annotations

from copy import copy
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput
from ..learning import PolynomialNetwork
from ..learning.perceptrons import last_step
from ..machine.checks import shown
from .foundation import BaseEstimator, ClassifierMixin, RegressorMixin

Floats = NDArray[np.float64]


class _PolynomialMLP(BaseEstimator):
    """What both kinds share."""

    network: PolynomialNetwork

    def fit(self, X: Any, y: Any = None, **_named: Any) -> Self:
        """Return the object as it is."""
        return self

    def __sklearn_clone__(self) -> Self:
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    @property
    def n_features_in_(self) -> int:
        """The number of inputs."""
        return self.network.sizes[0]

    @property
    def n_outputs_(self) -> int:
        """The number of outputs."""
        return self.network.sizes[-1]

    @property
    def coefs_(self) -> list[Floats]:
        """The weights, as scikit-learn has them: (m_{l-1}, m_l)."""
        return [matrix.T for matrix in self.network.weights]

    @property
    def intercepts_(self) -> list[Floats]:
        """The biases."""
        return [np.zeros(len(W)) + self.network.bias(i) for i, W in enumerate(self.network.weights)]

    def _outputs(self, X: Any) -> Floats:
        from sklearn.utils.validation import validate_data

        return self.network.predict(validate_data(self, X, reset=False, dtype=np.float64))


class PolynomialMLPRegressor(RegressorMixin, _PolynomialMLP):
    """A perceptron for regression with polynomial activations.

    Parameters
    ----------
    network : PolynomialNetwork
        With coefficients.
    out_activation : {"identity", "exp"}
        What is made of the outputs at the end: that of the perceptron it was.
    """

    def __init__(self, network: PolynomialNetwork, out_activation: str = "identity") -> None:
        self.network = network
        self.out_activation = out_activation

    def predict(self, X: ArrayLike) -> Floats:
        """Return the outputs, (N,) where there is one and (N, m_{D+1}) otherwise."""
        outputs = self._outputs(X)
        outputs = np.exp(outputs) if self.out_activation == "exp" else outputs
        return outputs[:, 0] if outputs.shape[1] == 1 else outputs


class PolynomialMLPClassifier(ClassifierMixin, _PolynomialMLP):
    """A perceptron for classification with polynomial activations.

    Parameters
    ----------
    network : PolynomialNetwork
        With coefficients; its outputs are those before the softmax, or before the logistic function.
    classes : array
        The labels.
    out_activation : {"softmax", "logistic"}
        What makes probabilities of the outputs: that of the perceptron it was. ``"logistic"`` with more than one output
        has several labels a sample.
    """

    def __init__(self, network: PolynomialNetwork, classes: ArrayLike, out_activation: str = "softmax") -> None:
        self.network = network
        self.classes = classes
        self.out_activation = out_activation

    @property
    def classes_(self) -> NDArray[Any]:
        """The labels."""
        return np.asarray(self.classes)

    def decision_function(self, X: ArrayLike) -> Floats:
        """Return the outputs before the softmax, (N, classes); (N,) for two classes with one output."""
        outputs = self._outputs(X)
        return outputs[:, 0] if outputs.shape[1] == 1 else outputs

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the likeliest label, or 0 and 1 for each of several labels."""
        values = self.decision_function(X)
        if values.ndim == 2 and self.out_activation == "logistic":
            return (values > 0).astype(int)
        return np.asarray(self.classes_[(values > 0).astype(int) if values.ndim == 1 else values.argmax(axis=1)])

    def predict_proba(self, X: ArrayLike) -> Floats:
        """Return what the softmax or the logistic function makes of the outputs, (N, classes)."""
        from scipy.special import expit, softmax

        values = self.decision_function(X)
        if self.out_activation == "softmax":
            return np.asarray(softmax(values, axis=1))
        return np.column_stack([expit(-values), expit(values)]) if values.ndim == 1 else np.asarray(expit(values))


def with_network(model: Any, network: PolynomialNetwork) -> Any:
    """Return the same kind of model with a polynomial network in place of its perceptron.

    Parameters
    ----------
    model : MLPRegressor, MLPClassifier, or a pipeline that ends in one
        Fitted. Of a pipeline the other steps are kept: they are the same objects.
    network : PolynomialNetwork
        With coefficients, of the same numbers of inputs and outputs; see `PolynomialNetwork.from_sklearn`.

    Returns
    -------
    PolynomialMLPRegressor, PolynomialMLPClassifier, or a pipeline that ends in one

    Raises
    ------
    InvalidInput
        The model is none of these, or the network does not fit it.
    """
    if not isinstance(network, PolynomialNetwork) or network.coefficients is None:
        raise InvalidInput("network: expected a PolynomialNetwork with coefficients; learn them first")
    mlp = last_step(model)
    sizes = (mlp.coefs_[0].shape[0], mlp.coefs_[-1].shape[1])
    if (network.sizes[0], network.sizes[-1]) != sizes:
        raise InvalidInput(
            f"network: {network.sizes[0]} inputs and {network.sizes[-1]} outputs; "
            f"the model has {sizes[0]} and {sizes[1]}"
        )
    ending = str(getattr(mlp, "out_activation_", "identity"))
    made: Any
    if hasattr(mlp, "classes_"):
        made = PolynomialMLPClassifier(network, mlp.classes_, ending)
    elif ending in ("identity", "exp"):
        made = PolynomialMLPRegressor(network, ending)
    else:
        raise InvalidInput(f"model: a regression that ends in {shown(ending)}; identity and exp are known")
    if hasattr(mlp, "feature_names_in_"):
        made.feature_names_in_ = mlp.feature_names_in_
    return _ending_in(model, made)


def _ending_in(model: Any, end: Any) -> Any:
    """Return the end itself, or the pipeline with that end."""
    if not hasattr(model, "steps"):
        return end
    same = copy(model)
    same.steps = [*model.steps[:-1], (model.steps[-1][0], _ending_in(model.steps[-1][1], end))]
    return same
