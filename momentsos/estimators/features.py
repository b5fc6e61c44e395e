r"""The weights of a network before its activations are learned: random, given, or trained.

Random and trained weights are made for standardised inputs and targets, :math:`(x - m)/s` and :math:`(y - m')/s'`, and
then written for the inputs and targets as they are: :math:`W_1 \to W_1 / s`, :math:`b_1 \to b_1 - W_1 m / s`,
:math:`W_{D+1} \to s' W_{D+1}` and :math:`b_{D+1} \to s' b_{D+1} + m'`. So the network is one of the data in their own
units, and no scaler is needed before it.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..errors import BadOption, InvalidInput
from ..learning import Activation, PolynomialNetwork
from ..machine.checks import integer, is_integer, items, shown

Floats = NDArray[np.float64]

#: How weights may come about, beside a list of them.
KINDS = ("trained", "random")
#: Options of the perceptron that is trained, where the user says nothing else: a short run, for weights and not for an
#: end, and a penalty that keeps the inputs of activations where a polynomial can follow.
TRAINING: Mapping[str, Any] = {"activation": "tanh", "solver": "lbfgs", "max_iter": 40, "alpha": 0.1}


@dataclass(frozen=True)
class Design:
    """What a user asks of the network; see `PolynomialActivationRegressor`."""

    hidden_layer_sizes: object
    degrees: object
    activations: object
    weights: object
    biases: object
    training: object

    def network(
        self, X: Floats, Y: Floats, sample_weight: Floats | None, random: np.random.RandomState
    ) -> PolynomialNetwork:
        """Return the network whose activations are to be learned.

        Parameters
        ----------
        X : (N, m_0) array
        Y : (N, m_{D+1}) array
        sample_weight : (N,) array or None
        random : RandomState

        Raises
        ------
        InvalidInput, BadOption
        """
        if not isinstance(self.weights, str):
            given = items(self.weights, "weights", f"one of {', '.join(KINDS)}, or a list of matrices")
            return self._activated(given, None if self.biases in (None, False) else self.biases)
        if self.weights not in KINDS:
            raise BadOption(f"weights {shown(self.weights)}: expected one of {', '.join(KINDS)}, or a list of matrices")
        if self.biases is not None and self.biases is not False:
            raise BadOption("biases: numbers are possible beside given weights only; here None, or False for none")
        scales = [Scale.of(each, sample_weight, centred=self.biases is None) for each in (X, Y)]
        inputs, targets = (scale.applied(each) for scale, each in zip(scales, (X, Y), strict=True))
        if self.weights == "random":
            layers = _random((X.shape[1], *self._sizes, Y.shape[1]), random)
        else:
            layers = _trained(self._sizes, inputs, targets, sample_weight, random, self.training)
        weights, biases = _in_units(*layers, *scales)
        return self._activated(weights, biases if self.biases is None else None)

    @property
    def _sizes(self) -> list[int]:
        given = self.hidden_layer_sizes
        sizes = [given] if is_integer(given) else items(given, "hidden_layer_sizes", "a list of numbers of units")
        if not sizes:
            raise BadOption("hidden_layer_sizes: expected at least one hidden layer")
        return [integer(size, "hidden_layer_sizes", 1, 2**31) for size in sizes]

    def _activated(self, weights: Any, biases: Any) -> PolynomialNetwork:
        """Return the network with these weights and the activations that were asked for."""
        if self.activations is not None:
            own: list[Activation] = items(self.activations, "activations", "a list of one Activation a hidden layer")
            return PolynomialNetwork(weights, activations=tuple(own), biases=biases)
        degrees: Any = self.degrees
        if is_integer(degrees):
            degrees = [degrees] * (len(weights) - 1)
        return PolynomialNetwork(weights, degrees=degrees, biases=biases)


@dataclass(frozen=True, eq=False)
class Scale:
    """Means and deviations of columns; a column without deviation has the scale 1.

    Attributes
    ----------
    middle, width : (columns,) arrays
    """

    middle: Floats
    width: Floats

    @classmethod
    def of(cls, values: Floats, sample_weight: Floats | None, centred: bool) -> Self:
        """Return those of these rows; without centring deviations are from zero."""
        mean = np.average(values, axis=0, weights=sample_weight)
        middle = mean if centred else np.zeros_like(mean)
        with np.errstate(over="ignore"):
            width = np.sqrt(np.average((values - middle) ** 2, axis=0, weights=sample_weight))
        if not np.isfinite(width).all():
            raise InvalidInput("X, y: numbers too large for their squares to be floats; change units")
        tiny = width <= 10 * np.finfo(float).eps * np.abs(values).max(axis=0)
        return cls(middle, np.where(tiny, 1.0, width))

    def applied(self, values: Floats) -> Floats:
        """Return the standardised rows."""
        return (values - self.middle) / self.width


Layers = tuple[list[Floats], list[Floats]]


def _random(sizes: Sequence[int], random: np.random.RandomState) -> Layers:
    """Return normal weights that keep the variance of standardised inputs, and normal biases but the last."""
    weights = [random.standard_normal((upper, lower)) / lower**0.5 for lower, upper in pairwise(sizes)]
    biases = [random.standard_normal(upper) for upper in sizes[1:-1]]
    return weights, [*biases, np.zeros(sizes[-1])]


def _trained(
    sizes: Sequence[int],
    inputs: Floats,
    targets: Floats,
    sample_weight: Floats | None,
    random: np.random.RandomState,
    training: object,
) -> Layers:
    """Return the weights and biases of a perceptron after a short training."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPRegressor

    if training is not None and not isinstance(training, Mapping):
        raise BadOption(f"training: expected a mapping of options of MLPRegressor, got {shown(training)}")
    options = {**TRAINING, "hidden_layer_sizes": tuple(sizes), "random_state": random, **(training or {})}
    unknown = sorted(set(map(str, options)) - set(MLPRegressor().get_params()))
    if unknown:
        raise BadOption(f"training: MLPRegressor has no option {', '.join(unknown)}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # its end is not what is asked for
        wanted = targets[:, 0] if targets.shape[1] == 1 else targets
        model = MLPRegressor(**options).fit(inputs, wanted, sample_weight=sample_weight)
    return [np.asarray(matrix.T) for matrix in model.coefs_], [np.asarray(vector) for vector in model.intercepts_]


def _in_units(weights: list[Floats], biases: list[Floats], inputs: Scale, targets: Scale) -> Layers:
    """Return weights and biases for data that are not standardised; see the module."""
    first = weights[0] / inputs.width
    last = targets.width[:, None] * weights[-1]
    begin = biases[0] - first @ inputs.middle
    end = targets.width * biases[-1] + targets.middle
    return [first, *weights[1:-1], last], [begin, *biases[1:-1], end]
