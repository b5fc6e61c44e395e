"""A perceptron of scikit-learn, alone or at the end of a pipeline, as a model; see `momentsos.models.model`.

Its outputs are those before softmax, logistic function or exponential. What stands before it in a pipeline is a map of
each sample that is taken as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from ..errors import InvalidInput
from ..estimators.perceptrons import with_network
from ..learning import Activation, PolynomialNetwork
from ..learning.perceptrons import last_step, layers_of
from ..machine.checks import converted, shown
from .model import Pass, Site
from .series import Series
from .slices import Arithmetic, Monomials, Slices
from .sought import Sought

Floats = NDArray[np.float64]

#: Numbers that the largest state of a chunk of samples may hold, 8 bytes each.
_CHUNK = 2**20
#: What the steps before may change in a sample that comes alone, as a share of the largest number.
_SAME = 1e-6
#: Digits that folding may lose: a shift whose square, in units of the input, times the rounding unit is more, is left.
_LOST = 1e-4

#: The activations of scikit-learn's perceptrons.
_FUNCTIONS: Mapping[str, Callable[[Floats], Floats]] = {
    "identity": lambda t: t,
    "logistic": expit,
    "relu": lambda t: np.maximum(t, 0.0),
    "tanh": np.tanh,
}


@dataclass(frozen=True, eq=False)
class PerceptronModel:
    """A perceptron, and what stands before it.

    Attributes
    ----------
    given : object
        The user's own.
    weights : tuple of (m_l, m_{l-1}) arrays
    biases : tuple of (m_l,) arrays
    activation : str
    """

    given: Any
    weights: tuple[Floats, ...]
    biases: tuple[Floats, ...]
    activation: str
    kind: str = "scikit-learn"

    @property
    def sites(self) -> tuple[Site, ...]:
        """See `Model`."""
        function = _FUNCTIONS[self.activation]
        return tuple(
            Site(f"hidden layer {layer + 1}", self.activation, function, tuple(range(layer)))
            for layer in range(len(self.weights) - 1)
        )

    @property
    def after(self) -> tuple[int, ...]:
        """See `Model`."""
        return tuple(range(len(self.weights) - 1))

    def passes(self, X: NDArray[Any], series: Sequence[Series | None] | None = None) -> Iterator[Pass]:
        """See `Model`."""
        own = [None] * len(self.after) if series is None else list(series)
        step = max(1, _CHUNK // sum(map(len, self.weights)))
        for start in range(0, len(X), step):
            yield self._passed(self.fed(X[start : start + step]), own)

    def _passed(self, hidden: Floats, series: Sequence[Series | None]) -> Pass:
        inputs = []
        with np.errstate(over="ignore", invalid="ignore"):  # polynomials far out; scores say so
            for layer, own in enumerate(series):
                inputs.append(hidden @ self.weights[layer].T + self.biases[layer])
                hidden = _FUNCTIONS[self.activation](inputs[-1]) if own is None else own.at(inputs[-1])
            return Pass(hidden @ self.weights[-1].T + self.biases[-1], tuple(inputs))

    def expanded(self, X: NDArray[Any], sought: Sought) -> Iterator[tuple[Monomials, Floats]]:
        """See `Model`."""
        arithmetic = Arithmetic(_zeros, sought.count, sought.most)
        start, largest = 0, 1
        while start < len(X):
            step = 1 if start == 0 else max(1, _CHUNK // largest)  # how large states are is seen at the first sample
            state = arithmetic.data(self.fed(X[start : start + step]))
            with np.errstate(over="ignore", invalid="ignore"):
                for layer, ansatz in enumerate(sought.sites):
                    state = arithmetic.activated(layer, self._affine(layer, state), ansatz)
                    largest = max(largest, state.values.size // state.values.shape[1])
                state = self._affine(len(sought.sites), state)
            yield state.monomials, state.values
            start += step

    def _affine(self, layer: int, state: Slices) -> Slices:
        """Return a state behind a weight matrix and its bias."""
        values = state.values @ self.weights[layer].T
        values[0] += self.biases[layer]
        return Slices(state.monomials, values)

    def with_series(self, series: Sequence[Series]) -> Any:
        """See `Model`."""
        return with_network(self.given, _network(self.weights, self.biases, series))

    def folded(self, series: Sequence[Series]) -> tuple[Any, tuple[int, ...]]:
        """See `Model`."""
        weights, biases, kept, done = list(self.weights), list(self.biases), list(series), []
        for layer, own in enumerate(series):
            if own.degree != 2 or own.coefficients[2] == 0.0:
                continue
            c, b, a = own.coefficients.tolist()
            shift = b / (2.0 * a)
            if shift * shift * np.finfo(float).eps > _LOST:
                continue
            weights[layer] = weights[layer] / own.scale
            biases[layer] = (biases[layer] - own.centre) / own.scale + shift
            biases[layer + 1] = biases[layer + 1] + (c - b * shift / 2.0) * weights[layer + 1].sum(axis=1)
            weights[layer + 1] = a * weights[layer + 1]
            kept[layer] = Series(np.array([0.0, 0.0, 1.0]))
            done.append(layer)
        return with_network(self.given, _network(weights, biases, kept, done)), tuple(done)

    def fed(self, X: NDArray[Any]) -> Floats:
        """Return what the steps before the perceptron make of samples.

        Raises
        ------
        InvalidInput
            A step refuses them, or the perceptron does not take what comes.
        """
        values: Any = X
        for step in _steps_before(self.given):
            values = _named(step, values)
            values = converted(step.transform, values, "X", f"samples that {type(step).__name__} takes")
        values = values.toarray() if hasattr(values, "toarray") else values
        found = np.asarray(values, dtype=np.float64)
        width = self.weights[0].shape[1]
        if found.ndim != 2 or found.shape[1] != width:
            kind = type(last_step(self.given)).__name__
            raise InvalidInput(f"X: {kind} takes {width} numbers a sample, got shape {found.shape}")
        return found


def model_of(given: Any, X: NDArray[Any]) -> PerceptronModel:
    """Return a perceptron, or a pipeline that ends in one, as a model for inputs like these.

    Parameters
    ----------
    given : MLPRegressor, MLPClassifier, or a pipeline that ends in one
        Fitted.
    X : (N, features) array

    Raises
    ------
    InvalidInput
        In one line: it is something else, it is not fitted, a step does not take such samples or sees several at once.
    """
    weights, biases = layers_of(given)
    name = getattr(last_step(given), "activation", None)
    if name not in _FUNCTIONS:
        raise InvalidInput(f"model: activation {shown(name)}; expected one of {', '.join(_FUNCTIONS)}")
    if len(weights) < 2:
        raise InvalidInput("model: a perceptron without a hidden layer has no activation")
    found = PerceptronModel(given, tuple(weights), tuple(biases), str(name))
    two = found.fed(X[:2])
    alone = np.concatenate([found.fed(row[None]) for row in X[:2]])
    if not (np.abs(two - alone) <= _SAME * np.abs(two).max(initial=1e-300)).all():
        raise InvalidInput("model: a step before the perceptron sees several samples at once: rows have to be samples")
    return found


def _steps_before(model: Any) -> Iterator[Any]:
    """Yield the steps before the perceptron, in order, out of pipelines in pipelines."""
    if hasattr(model, "steps"):
        for _, step in model.steps[:-1]:
            if step is not None and step != "passthrough":
                yield step
        yield from _steps_before(model.steps[-1][1])


def _named(step: Any, values: Any) -> Any:
    """Return an array with the names of columns with which a step was fitted: it would warn of their absence."""
    names = getattr(step, "feature_names_in_", None)
    if names is None or not isinstance(values, np.ndarray) or values.ndim != 2 or values.shape[1] != len(names):
        return values
    try:
        from pandas import DataFrame
    except ModuleNotFoundError:  # they were names of another library's; scikit-learn warns
        return values
    return DataFrame(values, columns=names)


def _network(
    weights: Sequence[Floats], biases: Sequence[Floats], series: Sequence[Series], squares: Sequence[int] = ()
) -> PolynomialNetwork:
    """Return the network with these activations, in the units in which they are given; squares have one power alone."""
    activations = []
    for layer, own in enumerate(series):
        interval = (own.centre - own.scale, own.centre + own.scale)
        activations.append(Activation(powers=(2,)) if layer in squares else Activation(own.degree, interval=interval))
    network = PolynomialNetwork(tuple(weights), activations=tuple(activations), biases=tuple(biases))
    return network.with_coefficients([own.coefficients for own in series])


def _zeros(shape: tuple[int, ...], _like: Any) -> Floats:
    return np.zeros(shape)
