"""A feed-forward network whose activations are polynomials with coefficients of their own, one a layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput
from ..machine.checks import is_integer, items, real_array, shown
from ..machine.records import Record
from ..polynomials.exponents import MAX_DEGREE
from .activation import Activation, normalised
from .unknowns import Unknowns


@dataclass(frozen=True, eq=False, repr=False)
class PolynomialNetwork(Record):
    r"""A network with given weights and learned polynomial activations.

    :math:`f(x; c) = W_{D+1} h_D + b_{D+1}` with :math:`h_0 = x`, :math:`h_l = p_l(W_l h_{l-1} + b_l)` and
    :math:`p_l(t) = c_{l,0} + c_{l,1} t + \dots + c_{l,d_l} t^{d_l}`.

    Weights and biases are given; the coefficients are what is learned. In all layers but the last hidden one
    :math:`c_{l,0} = 1`: without it a scale could move between layers.

    Parameters
    ----------
    weights : sequence of (m_l, m_{l-1}) arrays
        :math:`W_1, \dots, W_{D+1}`, at least two.
    degrees : sequence of int
        :math:`d_1, \dots, d_D`, each at least 1.
    biases : sequence of (m_l,) arrays, optional
        :math:`b_1, \dots, b_{D+1}`; by default zero.
    coefficients : sequence of (d_l + 1,) arrays, optional
        In ascending powers.

    Raises
    ------
    InvalidInput
        Shapes that do not match, numbers that are not finite, degrees that are not positive integers.

    Notes
    -----
    Source: Zhang, Nie and Tang, *Learning polynomial activation functions for deep neural networks* (2025),
    section 1.
    """

    weights: tuple[NDArray[np.float64], ...]
    degrees: tuple[int, ...]
    biases: tuple[NDArray[np.float64], ...] | None = None
    coefficients: tuple[NDArray[np.float64], ...] | None = None

    def __post_init__(self) -> None:
        weights = _arrays(self.weights, "weights", 2)
        if len(weights) < 2:
            raise InvalidInput(f"weights: expected at least 2 matrices (one hidden layer), got {len(weights)}")
        for below, (lower, upper) in enumerate(pairwise(weights)):
            if upper.shape[1] != lower.shape[0]:
                raise InvalidInput(
                    f"weights[{below + 1}] has {upper.shape[1]} columns, but weights[{below}] has "
                    f"{lower.shape[0]} rows: expected the same number"
                )
        degrees = items(self.degrees, "degrees", "a list of one degree a hidden layer")
        if len(degrees) != len(weights) - 1:
            raise InvalidInput(
                f"degrees: {len(weights)} weight matrices have {len(weights) - 1} hidden layers, "
                f"so expected a list of {len(weights) - 1} degrees, got {len(degrees)}"
            )
        for degree in degrees:
            if not is_integer(degree) or not 1 <= degree <= MAX_DEGREE:
                raise InvalidInput(
                    f"degrees: expected integers of at least 1 and at most {MAX_DEGREE}, got {shown(degree)}"
                )
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "degrees", tuple(int(d) for d in degrees))
        if self.biases is not None:
            biases = _arrays(self.biases, "biases", 1)
            expected = [w.shape[0] for w in weights]
            if [len(b) for b in biases] != expected:
                raise InvalidInput(f"biases: expected vectors of lengths {expected}, got {[len(b) for b in biases]}")
            object.__setattr__(self, "biases", biases)
        if self.coefficients is not None:
            coefficients = _arrays(self.coefficients, "coefficients", 1)
            lengths = [len(activation.coefficients) for activation in self.activations]
            if [len(c) for c in coefficients] != lengths:
                raise InvalidInput(
                    f"coefficients: expected vectors of lengths {lengths}, got {[len(c) for c in coefficients]}"
                )
            object.__setattr__(self, "coefficients", coefficients)

    @property
    def sizes(self) -> tuple[int, ...]:
        r"""The layer sizes :math:`m_0, \dots, m_{D+1}`."""
        return (self.weights[0].shape[1], *(w.shape[0] for w in self.weights))

    @property
    def activations(self) -> tuple[Activation, ...]:
        """The activation of each hidden layer."""
        return normalised(self.degrees)

    @cached_property
    def unknowns(self) -> Unknowns:
        """Which of the coefficients are learned, and the vector of these."""
        return Unknowns.of([activation.coefficients for activation in self.activations])

    def with_coefficients(self, coefficients: Sequence[ArrayLike]) -> PolynomialNetwork:
        """Return the same network with the given activation coefficients (ascending powers)."""
        return replace(self, coefficients=_arrays(coefficients, "coefficients", 1))

    def bias(self, layer: int) -> NDArray[np.float64] | float:
        """Return the bias vector of weight matrix `layer` (counted from 0), or 0."""
        return 0.0 if self.biases is None else self.biases[layer]

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the outputs for the rows of `X`.

        Parameters
        ----------
        X : (N, m_0) array

        Returns
        -------
        (N, m_{D+1}) array

        Raises
        ------
        InvalidInput
            When the network has no coefficients yet, or `X` has another width.
        """
        if self.coefficients is None:
            raise InvalidInput("predict: the network has no coefficients yet; learn them, or use with_coefficients")
        hidden = check_rows(X, "X", self.sizes[0])
        for layer, (activation, coefficients) in enumerate(zip(self.activations, self.coefficients, strict=True)):
            hidden = activation.at(hidden @ self.weights[layer].T + self.bias(layer), coefficients)
        return np.asarray(hidden @ self.weights[-1].T + self.bias(len(self.weights) - 1))


def check_rows(values: ArrayLike, name: str, width: int) -> NDArray[np.float64]:
    """Return `values` as a finite float array of shape (N, width), N ≥ 1; raise `InvalidInput` otherwise."""
    array = real_array(values, name)
    if array.ndim != 2 or array.shape[1] != width or array.shape[0] == 0:
        raise InvalidInput(f"{name} has shape {array.shape}: expected (N, {width}), rows are samples")
    wrong = ~np.isfinite(array)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise InvalidInput(
            f"{name} holds {int(wrong.sum())} numbers that are not finite, the first in row {row}, column {column}: "
            f"remove or impute those samples"
        )
    return array


def _arrays(values: object, name: str, dimensions: int) -> tuple[NDArray[np.float64], ...]:
    arrays = []
    for i, value in enumerate(items(values, name, "a list of arrays")):
        array = real_array(value, f"{name}[{i}]")
        if array.ndim != dimensions or array.size == 0:
            raise InvalidInput(f"{name}[{i}] has shape {array.shape}: expected {dimensions} dimensions, none empty")
        if not np.isfinite(array).all():
            raise InvalidInput(f"{name}[{i}] holds numbers that are not finite")
        array.setflags(write=False)
        arrays.append(array)
    return tuple(arrays)
