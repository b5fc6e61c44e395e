r"""The outputs of a network as polynomials in its coefficients, for all samples at once.

A quantity of the network is a polynomial in `c` with one value for each monomial and unit, and for each sample where
samples matter: an array of shape ``(terms, units, samples)``. A weight matrix acts on the units, a power of a layer is
a product of such polynomials; see `momentsos.learning.layers`. Which products fall on which monomial is planned once;
for each chunk of samples only array operations remain.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..machine.clock import OPERATIONS, refuse_if_late
from ..polynomials.exponents import Exponents, unique_rows
from .functions import FunctionLayer
from .layers import Floats, Layer, UnitPolynomials, Workspace
from .network import PolynomialNetwork
from .unknowns import Unknowns

#: Numbers that one chunk of samples may hold in the largest layer (8 bytes each): few enough for the processor's cache.
_CHUNK = 2**17


@dataclass(frozen=True, eq=False)
class Expansion:
    """The plan of the expansion of one network: exponents of every layer, and products between them.

    Attributes
    ----------
    network : PolynomialNetwork
    names : tuple of str
        The unknowns.
    exponents : (terms, n) integer array
        The monomials of the outputs, in graded order.
    """

    network: PolynomialNetwork
    names: tuple[str, ...]
    exponents: Exponents
    _layers: tuple[Layer | FunctionLayer, ...]
    _until: float = math.inf  # when outputs are no longer formed

    @classmethod
    def of(cls, network: PolynomialNetwork, unknowns: Unknowns | None = None, until: float = math.inf) -> Expansion:
        """Plan the expansion of `network` in its unknowns, or in others for the same activations.

        Raises
        ------
        ProblemTooLarge
            When the time is over (`until`, by `time.perf_counter`), here or when the outputs are formed.
        """
        unknowns = network.unknowns if unknowns is None else unknowns
        varying, shared = np.zeros((1, unknowns.count), dtype=np.int64), None
        layers: list[Layer | FunctionLayer] = []
        for number in range(network.leading, len(network.activations)):
            if layers:
                shared = _affine(network, number, layers[-1].shared)
            activation, units = network.activations[number], network.sizes[number + 1]
            layers.append(activation.plan(shared, varying, units, unknowns.forms[number], until))
            varying = layers[-1].exponents
        everything = unique_rows(np.concatenate([layers[-1].shared.exponents, varying]))[0]
        return cls(network, unknowns.names, everything, tuple(layers), until)

    @property
    def until(self) -> float:
        """When outputs are no longer formed, by `time.perf_counter`."""
        return self._until

    def without_limit(self) -> Expansion:
        """Return the plan for another machine, whose clock is another one."""
        return replace(self, _until=math.inf)

    @property
    def shared(self) -> UnitPolynomials:
        """That part of the outputs which no sample changes."""
        return _affine(self.network, len(self.network.activations), self._layers[-1].shared)

    @property
    def varying(self) -> Exponents:
        """The monomials of that part which samples change."""
        return self._layers[-1].exponents

    def chunks(self, samples: int) -> Iterator[slice]:
        """Cut the samples so that no intermediate array of a chunk grows with their number."""
        widest = max(len(layer.exponents) * units for layer, units in zip(self._layers, self._units, strict=True))
        step = max(1, _CHUNK // max(1, widest))
        for start in range(0, samples, step):
            refuse_if_late(self._until, "the outputs of all samples were expanded")
            yield slice(start, min(start + step, samples))

    @property
    def _units(self) -> tuple[int, ...]:
        """The sizes of the layers that are expanded."""
        return self.network.sizes[self.network.leading + 1 : -1]

    def _last_input(self, X: Floats, space: Workspace) -> Floats:
        """Return what the samples change in the input of the last activation, shape (terms, units, samples)."""
        weights, biases, begin = self.network.weights, self.network.biases, self.network.leading
        first, last = self._layers[0], self._layers[-1]
        bare = first.bare and first is not last
        depth = len(first.powers) if bare and isinstance(first, Layer) else 1
        values = space.array("first", (depth, len(weights[begin]), len(X)))
        np.matmul(weights[begin], self.network.before_learned(X).T, out=values[0])
        if biases is not None:
            values[0] += biases[begin][:, None]
        for k in range(1, len(values)):  # the output is c_1 Y + c_2 Y² + …, and what samples do not change
            np.multiply(values[k - 1], values[0], out=values[k])
        for number, below in enumerate(self._layers[:-1], start=begin + 1):
            outputs = values if below is first and bare else below.apply(values, space)
            values = space.array(number, (len(outputs), len(weights[number]), len(X)))
            np.matmul(weights[number], outputs, out=values)
        return values

    def mean_outputs(self, X: Floats, weights: Floats | None = None) -> Floats:
        """Return the coefficients of the mean output over the rows of `X`, shape (terms, m_{D+1}).

        Samples are added up before the last weight matrix acts, which is linear; with weights, after it.
        """
        if weights is not None:
            parts = (np.einsum("tsm,s->tm", self.outputs(X[chunk]), weights[chunk]) for chunk in self.chunks(len(X)))
            return np.asarray(sum(parts) / weights.sum())
        last = self._layers[-1]
        sums = last.begin()
        space = Workspace(self._until)
        for chunk in self.chunks(len(X)):
            values = self._last_input(X[chunk], space)
            for total, part in zip(sums, last.sums(values, space), strict=True):
                total += part
        whole = last.total(len(X), sums, self._until)
        mean = UnitPolynomials(whole.exponents, whole.values / len(X))
        return _affine(self.network, len(self.network.activations), mean).values

    def outputs(self, X: Floats) -> Floats:
        """Return the coefficients of all outputs, shape (terms, samples, m_{D+1}); memory grows with the samples."""
        last, space = self._layers[-1], Workspace(self._until)
        varying = self.network.weights[-1] @ last.apply(self._last_input(X, space), space)
        shared = _affine(self.network, len(self.network.activations), last.shared)
        _, index = unique_rows(np.concatenate([self.exponents, shared.exponents, last.exponents]))
        places = np.split(index[len(self.exponents) :], [len(shared.exponents)])
        result = np.zeros((len(self.exponents), *varying.shape[1:]))
        result[places[0]] += shared.values[:, :, None]
        result[places[1]] += varying
        return result.transpose(0, 2, 1)

    def triangular_factor(self, X: Floats, Y: Floats, weights: Floats | None = None) -> Floats:
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
            rows = np.concatenate([outputs, Y[chunk].reshape(1, -1)]).T
            if weights is not None:
                rows *= np.repeat(np.sqrt(weights[chunk]), Y.shape[1])[:, None]
            block = np.concatenate([factor, rows])
            work = 2.0 * block.size * min(block.shape)
            refuse_if_late(self._until, "the outputs of all samples were reduced", ahead=work / OPERATIONS)
            factor = np.asarray(np.linalg.qr(block, mode="r"))
        return factor


def _affine(network: PolynomialNetwork, number: int, given: UnitPolynomials) -> UnitPolynomials:
    """Apply a weight matrix and its bias; graded order puts the constant monomial first, and every layer keeps it."""
    values = given.values @ network.weights[number].T
    values[0] += network.bias(number)
    return UnitPolynomials(given.exponents, values)
