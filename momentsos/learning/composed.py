"""A whole network as one polynomial in its inputs."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, prod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput, ProblemTooLarge
from ..machine.checks import real_array
from ..machine.records import Record
from ..polynomials import Polynomial, to_sympy
from ..polynomials.evaluation import evaluate_monomials
from ..polynomials.exponents import Exponents
from ..polynomials.tables import from_table
from ..relaxations.size import memory_limit
from .layers import UnitPolynomials

if TYPE_CHECKING:
    from .network import PolynomialNetwork

Floats = NDArray[np.float64]

#: Bytes that forming one product of two terms takes, beside its exponents, and bytes of an exponent.
_BYTES, _EXPONENT = 24, 24


@dataclass(frozen=True, eq=False, repr=False)
class ComposedNetwork(Record):
    """The outputs of a network as polynomials in its inputs, over one list of monomials.

    Attributes
    ----------
    names : tuple of str
        ``x1, x2, ...``, the inputs.
    exponents : (terms, m_0) integer array
        In graded order.
    values : (terms, m_{D+1}) array
        The coefficients of each output.
    """

    names: tuple[str, ...]
    exponents: Exponents
    values: Floats

    @property
    def degree(self) -> int:
        """The largest total degree."""
        return int(self.exponents.sum(axis=1).max())

    @property
    def polynomials(self) -> tuple[Polynomial, ...]:
        """One polynomial an output."""
        return tuple(from_table(self.exponents, np.ascontiguousarray(self.values.T), self.names))

    def to_sympy(self) -> list[Any]:
        """Return one SymPy expression an output."""
        return [to_sympy(p) for p in self.polynomials]

    def __call__(self, X: ArrayLike) -> Floats:
        """Return the outputs for the rows of `X`, shape (N, m_{D+1})."""
        points = real_array(X, "X")
        if points.ndim != 2 or points.shape[1] != len(self.names):
            raise InvalidInput(f"X has shape {points.shape}: expected (N, {len(self.names)}), rows are samples")
        return np.asarray(evaluate_monomials(self.exponents, points) @ self.values)


def composed(network: PolynomialNetwork, limit: int | None = None) -> ComposedNetwork:
    """Write a network with coefficients out as polynomials in its inputs.

    Parameters
    ----------
    network : PolynomialNetwork
    limit : int, optional
        Bytes that it may take; by default half of what is free.

    Raises
    ------
    InvalidInput
        The network has no coefficients, or an activation that is no polynomial.
    ProblemTooLarge
        Before anything large is allocated.
    """
    if network.coefficients is None:
        raise InvalidInput("to_polynomial: the network has no coefficients yet; learn them, or use with_coefficients")
    for layer, activation in enumerate(network.activations):
        if not activation.is_polynomial:
            raise InvalidInput(f"to_polynomial: activations[{layer}] ({activation.title}) is no polynomial")
    powers = [a.powers_of(c) for a, c in zip(network.activations, network.coefficients, strict=True)]
    _check_size(network, [own.shape[-1] - 1 for own in powers], memory_limit(limit))
    n = network.sizes[0]
    current = UnitPolynomials(np.eye(n, dtype=np.int64), np.eye(n))
    for layer, own in enumerate(powers):
        inputs = _affine(network, layer, current)
        rows = np.broadcast_to(own, (network.sizes[layer + 1], own.shape[-1]))
        current = _constant(rows[:, -1], n)
        for k in range(own.shape[-1] - 2, -1, -1):
            product, constant = current.times(inputs), _constant(rows[:, k], n)
            parts = [(product.exponents, product.values), (constant.exponents, constant.values)]
            current = UnitPolynomials.sum_of(parts)
    outputs = _affine(network, len(powers), current)
    names = tuple(f"x{i + 1}" for i in range(n))
    return ComposedNetwork(names, outputs.exponents, outputs.values)


def multiplicative_depth(network: PolynomialNetwork) -> int:
    r"""Return how many products of what depends on the inputs follow each other.

    It is :math:`\sum_l \lceil \log_2 d_l \rceil`, as powers are formed by halving. Products with weights and
    coefficients, which are given, are not counted.

    Raises
    ------
    InvalidInput
        An activation is no polynomial.
    """
    total = 0
    for layer, activation in enumerate(network.activations):
        degree = activation.degree
        if degree is None:
            raise InvalidInput(f"multiplicative_depth: activations[{layer}] ({activation.title}) is no polynomial")
        total += (degree - 1).bit_length()
    return total


def _check_size(network: PolynomialNetwork, degrees: list[int], allowed: int) -> None:
    """Raise `ProblemTooLarge` where the last product of a layer would not fit."""
    n, largest = network.sizes[0], 0
    for layer, degree in enumerate(degrees):
        below, width = prod(degrees[:layer]), network.sizes[layer + 1]
        left, right = (comb(n + total, n) for total in (below * (degree - 1), below))
        largest = max(largest, left * right * (_BYTES * width + _EXPONENT * n))
    if largest > allowed:
        terms = comb(n + prod(degrees), n)
        raise ProblemTooLarge(
            f"this network is a polynomial of degree {prod(degrees)} in {n} inputs, up to {terms} terms an output; "
            f"writing it out needs about {largest / 1e9:.3g} GB, more than the limit of {allowed / 1e9:.3g} GB: "
            f"evaluate it layer by layer, or take smaller degrees",
            largest,
            allowed,
        )


def _constant(values: Floats, n: int) -> UnitPolynomials:
    return UnitPolynomials(np.zeros((1, n), dtype=np.int64), np.array(values, dtype=np.float64)[None, :])


def _affine(network: PolynomialNetwork, layer: int, given: UnitPolynomials) -> UnitPolynomials:
    """Apply a weight matrix and its bias."""
    weights = network.weights[layer]
    bias = _constant(np.zeros(len(weights)) + network.bias(layer), network.sizes[0])
    return UnitPolynomials.sum_of([(bias.exponents, bias.values), (given.exponents, given.values @ weights.T)])
