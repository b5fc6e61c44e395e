r"""The outputs of a network as polynomials in its coefficients, for all samples at once.

A quantity of the network is a polynomial in `c` whose coefficients are arrays over samples and units: an exponent
array of shape ``(terms, n)`` and a value array of shape ``(terms, samples, units)``. A weight matrix acts on the
last axis, a power of a layer is a product of such polynomials. Which products fall on which monomial is planned
once; for each chunk of samples only array operations remain.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..polynomials.exponents import Exponents, unique_rows
from .network import PolynomialNetwork

#: Numbers that one chunk of samples may hold in the largest layer (8 bytes each). Small enough for the processor's
#: cache and for memory that is used again instead of being mapped anew for every array.
_CHUNK = 2**18


def coefficient_names(degrees: tuple[int, ...]) -> tuple[str, ...]:
    """Return the names of the learned coefficients: ``c11, c12, ..., c20, c21, ...`` (layer, power).

    In a network of more than nine layers or degrees, an underscore separates the two numbers.
    """
    last = len(degrees)
    mark = "_" if last > 9 or max(degrees) > 9 else ""
    return tuple(
        f"c{layer}{mark}{power}"
        for layer, degree in enumerate(degrees, start=1)
        for power in range(0 if layer == last else 1, degree + 1)
    )


@dataclass(frozen=True, eq=False)
class _Product:
    """Where the products of terms of two polynomials go."""

    exponents: Exponents
    target: NDArray[np.intp]


def _plan_product(left: Exponents, right: Exponents) -> _Product:
    pairs = (left[:, None, :] + right[None, :, :]).reshape(-1, left.shape[1])
    rows, index = unique_rows(pairs)
    return _Product(rows, index.reshape(len(left), len(right)))


@dataclass(frozen=True, eq=False)
class Expansion:
    """The plan of the expansion of one network: exponents of every layer, and products between them.

    Attributes
    ----------
    network : PolynomialNetwork
    names : tuple of str
        The coefficients that are unknown.
    exponents : (terms, n) integer array
        The monomials of the outputs, in graded order.
    """

    network: PolynomialNetwork
    names: tuple[str, ...]
    exponents: Exponents
    _layers: tuple[_Layer, ...]

    @classmethod
    def of(cls, network: PolynomialNetwork) -> Expansion:
        """Plan the expansion of `network`."""
        names = coefficient_names(network.degrees)
        n = len(names)
        current = np.zeros((1, n), dtype=np.int64)
        layers = []
        place = 0
        for number, degree in enumerate(network.degrees, start=1):
            first = 0 if number == len(network.degrees) else 1
            unknowns = range(place, place + degree + 1 - first)
            layers.append(_Layer.of(current, degree, tuple(unknowns), first))
            current = layers[-1].exponents
            place = unknowns.stop
        return cls(network, names, current, tuple(layers))

    def chunks(self, samples: int) -> Iterator[slice]:
        """Cut the samples so that no intermediate array of a chunk grows with their number."""
        widest = max(
            len(layer.exponents) * units for layer, units in zip(self._layers, self.network.sizes[1:], strict=False)
        )
        step = max(1, _CHUNK // max(1, widest))
        return (slice(start, min(start + step, samples)) for start in range(0, samples, step))

    def hidden(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the coefficients of the last hidden layer, shape (terms, samples, m_D)."""
        values = X[None, :, :]
        for number, layer in enumerate(self._layers):
            values = layer.apply(self._affine(number, values))
        return values

    def _affine(self, number: int, values: NDArray[np.float64]) -> NDArray[np.float64]:
        # Graded order puts the constant monomial first, and every layer keeps it.
        result = values @ self.network.weights[number].T
        result[0] += self.network.bias(number)
        return result

    def mean_outputs(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the coefficients of the mean output over the rows of `X`, shape (terms, m_{D+1}).

        Samples are added up before the last weight matrix acts, which is linear.
        """
        total = np.zeros((len(self.exponents), self.network.sizes[-2]))
        last = self._layers[-1]
        for chunk in self.chunks(len(X)):
            values = X[chunk][None, :, :]
            for number, layer in enumerate(self._layers[:-1]):
                values = layer.apply(self._affine(number, values))
            total += last.summed(self._affine(len(self._layers) - 1, values))
        mean = total / len(X) @ self.network.weights[-1].T
        return self._with_output_bias(mean)

    def outputs(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the coefficients of all outputs, shape (terms, samples, m_{D+1}); memory grows with the samples."""
        return self._with_output_bias(self.hidden(X) @ self.network.weights[-1].T)

    def triangular_factor(self, X: NDArray[np.float64], Y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the triangular factor of the matrix of all outputs' coefficients with the targets as last column.

        Rows of that matrix are samples and outputs; it is never formed: each chunk of it is put under the factor
        of the chunks before, and factored again.

        Returns
        -------
        (terms + 1, terms + 1) array
            Upper triangular, fewer rows when there are fewer samples and outputs.
        """
        terms = len(self.exponents)
        factor = np.zeros((0, terms + 1))
        for chunk in self.chunks(len(X)):
            outputs = self.outputs(X[chunk]).reshape(terms, -1)
            block = np.concatenate([outputs, Y[chunk].reshape(1, -1)]).T
            factor = np.asarray(np.linalg.qr(np.concatenate([factor, block]), mode="r"))
        return factor

    def _with_output_bias(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        values[0] += self.network.bias(len(self.network.weights) - 1)
        return values


@dataclass(frozen=True, eq=False)
class _Layer:
    """Powers of one layer's input, each times its coefficient."""

    exponents: Exponents
    products: tuple[_Product, ...]
    targets: tuple[NDArray[np.intp], ...]
    first: int

    @classmethod
    def of(cls, current: Exponents, degree: int, unknowns: tuple[int, ...], first: int) -> _Layer:
        n = current.shape[1]
        powers = [np.zeros((1, n), dtype=np.int64), current]
        products = []
        for _ in range(2, degree + 1):
            product = _plan_product(powers[-1], current)
            products.append(product)
            powers.append(product.exponents)
        shifted = []
        for power, rows in enumerate(powers):
            step = np.zeros(n, dtype=np.int64)
            if power >= first:
                step[unknowns[power - first]] = 1
            shifted.append(rows + step)
        constant = np.zeros((1, n), dtype=np.int64)  # kept even where no term has it: a bias may come
        merged, index = unique_rows(np.concatenate([constant, *shifted]))
        targets = np.split(index[1:], np.cumsum([len(rows) for rows in shifted])[:-1])
        return cls(merged, tuple(products), tuple(targets), first)

    def apply(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the layer's output, shape (terms, samples, units), from its input of the same kind."""
        result = np.zeros((len(self.exponents), *values.shape[1:]))
        result[self.targets[0]] += 1.0
        result[self.targets[1]] += values
        power = values
        for product, target in zip(self.products, self.targets[2:], strict=True):
            power = _multiply(product, power, values)
            result[target] += power
        return result

    def summed(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the layer's output summed over the samples, shape (terms, units); the last power is not formed."""
        result = np.zeros((len(self.exponents), values.shape[2]))
        result[self.targets[0]] += float(values.shape[1])
        result[self.targets[1]] += values.sum(axis=1)
        power = values
        for i, (product, target) in enumerate(zip(self.products, self.targets[2:], strict=True)):
            if i < len(self.products) - 1:
                power = _multiply(product, power, values)
                result[target] += power.sum(axis=1)
            else:
                pairs = np.einsum("isu,jsu->iju", power, values)
                flat = np.zeros((len(product.exponents), values.shape[2]))
                np.add.at(flat, product.target.reshape(-1), pairs.reshape(-1, values.shape[2]))
                result[target] += flat
        return result


def _multiply(product: _Product, left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    result = np.zeros((len(product.exponents), *left.shape[1:]))
    for i in range(len(left)):
        for j in range(len(right)):
            result[product.target[i, j]] += left[i] * right[j]
    return result
