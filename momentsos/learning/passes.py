r"""The residuals of the mean squared error by passes through the network, with derivatives: nothing is expanded.

With :math:`z_l = W_l h_{l-1} + b_l` and :math:`h_l = p_l(z_l)`, the derivative of an output :math:`f_o` in a
coefficient is :math:`\sum_u M^{(l)}_{o u} \phi_i(z_{l,u})`, where :math:`M^{(D)} = W_{D+1}` and
:math:`M^{(l-1)}_{o \cdot} = (M^{(l)}_{o \cdot} \circ p_l'(z_l)) W_l`: one pass forward and one back, however
many monomials the outputs have in the coefficients.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .activation import Activation
from .functions import values_of
from .network import PolynomialNetwork
from .unknowns import Unknowns

Floats = NDArray[np.float64]

#: Numbers that the derivatives in the inputs of one layer may hold at once.
_CHUNK = 2**21


@dataclass(frozen=True, eq=False)
class Passes:
    r"""What the loss is the sum of squares of, :math:`\sqrt{w_n / (N m)}\, (f(x_n; c) - y_n)`, and ridges behind them.

    Attributes
    ----------
    network : PolynomialNetwork
    X : (N, m_0) array
    Y : (N, m) array
    weights : (N,) array or None
        Of the samples; their mean is one.
    ridge : float
        The weight of the sum of squares of the unknowns.
    """

    network: PolynomialNetwork
    X: Floats
    Y: Floats
    weights: Floats | None = None
    ridge: float = 0.0

    @property
    def unknowns(self) -> Unknowns:
        """The coefficients that are learned."""
        return self.network.unknowns

    @property
    def count(self) -> int:
        """The number of residuals."""
        return self.Y.size + (self.unknowns.count if self.ridge else 0)

    def loss(self, point: Floats) -> float:
        """Return the sum of squares, infinite where it leaves the floats."""
        with np.errstate(all="ignore"):
            value = float((self.values(point) ** 2).sum())
        return value if np.isfinite(value) else np.inf

    def values(self, point: Floats) -> Floats:
        """Return the residuals at the unknowns `point`, sample by sample."""
        given = self.unknowns.coefficients(point)
        hidden = self._begin
        for layer in range(self._first, len(given)):
            hidden = self.network.activations[layer].at(self._inputs(layer, hidden), given[layer])
        errors = (self._inputs(len(given), hidden) - self.Y) * self._roots[:, None]
        return self._with_ridge(errors.reshape(-1), point)

    def jacobian(self, point: Floats) -> Floats:
        """Return the derivatives of the residuals in the unknowns, shape (count, n)."""
        units = max(self.network.sizes[self._first :])
        step = max(1, _CHUNK // (self.Y.shape[1] * units))
        begin = self._begin
        parts = [self._derivatives(point, begin[k : k + step]) for k in range(0, len(begin), step)]
        rows = np.concatenate(parts) * np.repeat(self._roots, self.Y.shape[1])[:, None]
        if not self.ridge:
            return rows
        return np.concatenate([rows, self.ridge**0.5 * np.eye(self.unknowns.count)])

    def _derivatives(self, point: Floats, begin: Floats) -> Floats:
        """Return the derivatives of the outputs for some samples, (samples * outputs, n)."""
        network, given = self.network, self.unknowns.coefficients(point)
        layers = range(self._first, len(given))
        inputs, hidden = list[Floats](), begin
        for layer in layers:
            inputs.append(self._inputs(layer, hidden))
            hidden = network.activations[layer].at(inputs[-1], given[layer])
        total = np.zeros((len(begin), self.Y.shape[1], self.unknowns.count))
        behind = np.broadcast_to(network.weights[-1], (len(begin), *network.weights[-1].shape))
        for layer, own in zip(reversed(layers), reversed(inputs), strict=True):
            activation, forms = network.activations[layer], self.unknowns.forms[layer][..., :-1]
            if self.unknowns.seen(layer).any():
                elements = elements_at(activation, own)
                if activation.per_unit:
                    total += np.einsum("nou,nui,uik->nok", behind, elements, forms, optimize=True)
                else:
                    total += np.matmul(behind, elements) @ forms
            if layer > self._first:
                slopes = slopes_at(activation, own, given[layer])
                behind = (behind * slopes[:, None, :]) @ network.weights[layer]
        return total.reshape(-1, total.shape[2])

    def _inputs(self, layer: int, hidden: Floats) -> Floats:
        return np.asarray(hidden @ self.network.weights[layer].T + self.network.bias(layer))

    @cached_property
    def _first(self) -> int:
        """The first layer with a coefficient that is learned."""
        return next(layer for layer in range(len(self.network.activations)) if self.unknowns.seen(layer).any())

    @cached_property
    def _begin(self) -> Floats:
        """What the layers before that one make of the data."""
        hidden, given = self.X, self.unknowns.coefficients(np.zeros(self.unknowns.count))
        for layer in range(self._first):
            hidden = self.network.activations[layer].at(self._inputs(layer, hidden), given[layer])
        return hidden

    @cached_property
    def _roots(self) -> Floats:
        share = np.full(len(self.Y), 1.0 / self.Y.size)
        return np.sqrt(share if self.weights is None else share * self.weights)

    def _with_ridge(self, errors: Floats, point: Floats) -> Floats:
        return np.concatenate([errors, self.ridge**0.5 * point]) if self.ridge else errors


def elements_at(activation: Activation, inputs: Floats) -> Floats:
    """Return the elements of an activation's basis, shape (samples, units, places)."""
    if not isinstance(activation.basis, str):
        return np.stack([values_of(each, inputs) for each in activation.basis], axis=-1)
    assert activation.degree is not None
    powers = inputs[..., None] ** np.arange(activation.degree + 1)
    return powers if activation.are_powers else powers @ activation.elements


def slopes_at(activation: Activation, inputs: Floats, coefficients: Floats) -> Floats:
    """Return the derivatives of a polynomial activation, shape (samples, units)."""
    powers = activation.powers_of(coefficients)
    slope = powers[..., 1:] * np.arange(1, powers.shape[-1])
    found = np.zeros_like(inputs) + slope[..., -1]
    for k in range(slope.shape[-1] - 2, -1, -1):
        found = found * inputs + slope[..., k]
    return found
