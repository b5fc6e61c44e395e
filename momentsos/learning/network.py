"""A feed-forward network with given weights, and activations whose coefficients are learned."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import InitVar, dataclass, replace
from functools import cached_property
from itertools import pairwise
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput
from ..machine.checks import is_integer, items, shown
from ..machine.documents import write_document
from ..machine.notebooks import Row
from ..machine.records import Record
from ..polynomials.exponents import MAX_DEGREE
from .activation import Activation, of_degrees
from .charts import Chart, default_chart, paper_chart
from .composed import ComposedNetwork, composed, multiplicative_depth
from .conversions import converter
from .network_document import NETWORK, network_document
from .network_doors import arrays_of, check_count, check_rows, normalisation_of, ties_of
from .perceptrons import layers_of
from .unknowns import Place, Unknowns


@dataclass(frozen=True, eq=False, repr=False)
class PolynomialNetwork(Record):
    r"""A network with given weights and learned activations.

    :math:`f(x; c) = W_{D+1} h_D + b_{D+1}` with :math:`h_0 = x`, :math:`h_l = p_l(W_l h_{l-1} + b_l)` and
    :math:`p_l(t) = c_{l,0} + c_{l,1} t + \dots + c_{l,d_l} t^{d_l}`, or any other `Activation`.

    Weights and biases are given; the coefficients are what is learned.

    Parameters
    ----------
    weights : sequence of (m_l, m_{l-1}) arrays
        :math:`W_1, \dots, W_{D+1}`, at least two.
    degrees : sequence of int
        :math:`d_1, \dots, d_D`, each at least 1: the short form of `activations`.
    biases : sequence of (m_l,) arrays, optional
        :math:`b_1, \dots, b_{D+1}`; by default zero.
    coefficients : sequence of (d_l + 1,) arrays, optional
        In ascending powers, or as `Activation` says; (m_l, d_l + 1) where units have their own.
    activations : sequence of Activation
        One a hidden layer, in place of `degrees`.
    normalisation : {"auto", "paper", "none"}, or sequence of places
        Which coefficient is 1 in a layer whose scale the next layer can take over. ``"auto"``: where there is no bias
        behind a layer, the constant one, or another one that `learn` finds better; nothing where a bias makes the scale
        count. ``"paper"``: the constant one in all layers but the last. Places are (layer, power), from 0.
    ties : sequence of pairs of places, or of layers
        Coefficients that are equal.
    powers : sequence of sequences of int, optional
        The powers of each layer, ``[(1, 3, 5), (0, 1, 2)]``: short for activations with these.

    Raises
    ------
    InvalidInput
        Shapes that do not match, numbers that are not finite, degrees that are not positive integers, functions that
        are no polynomials behind a learned layer, and a network that learns nothing.

    Notes
    -----
    Source: Zhang, Nie and Tang, *Learning polynomial activation functions for deep neural networks* (2025),
    section 1.
    """

    weights: tuple[NDArray[np.float64], ...]
    degrees: tuple[int | None, ...] | None = None
    biases: tuple[NDArray[np.float64], ...] | None = None
    coefficients: tuple[NDArray[np.float64], ...] | None = None
    activations: tuple[Activation, ...] = ()
    normalisation: str | Chart = "auto"
    ties: tuple[tuple[Place, Place], ...] = ()
    powers: InitVar[Sequence[Sequence[int]] | None] = None

    def __post_init__(self, powers: Sequence[Sequence[int]] | None) -> None:
        weights = arrays_of(self.weights, "weights", 2)
        if len(weights) < 2:
            raise InvalidInput(f"weights: expected at least 2 matrices (one hidden layer), got {len(weights)}")
        for below, (lower, upper) in enumerate(pairwise(weights)):
            if upper.shape[1] != lower.shape[0]:
                raise InvalidInput(
                    f"weights[{below + 1}] has {upper.shape[1]} columns, but weights[{below}] has "
                    f"{lower.shape[0]} rows: expected the same number"
                )
        activations = self._activations(len(weights) - 1, powers)
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "activations", activations)
        object.__setattr__(self, "degrees", tuple(activation.degree for activation in activations))
        if self.biases is not None:
            biases = arrays_of(self.biases, "biases", 1)
            expected = [w.shape[0] for w in weights]
            if [len(b) for b in biases] != expected:
                raise InvalidInput(f"biases: expected vectors of lengths {expected}, got {[len(b) for b in biases]}")
            object.__setattr__(self, "biases", biases)
        object.__setattr__(self, "ties", ties_of(self.ties, activations))
        object.__setattr__(self, "normalisation", normalisation_of(self.normalisation))
        asked = not isinstance(self.normalisation, str) or self.normalisation == "paper"
        if self.leading == len(activations):
            raise InvalidInput("activations: no coefficient is free, so there is nothing to learn")
        if self.coefficients is not None:
            object.__setattr__(self, "coefficients", self._shaped(self.coefficients))
        held = self.ties or (asked and self.chart) or any(each.bounds or each.constraints for each in activations)
        if held and not self.unknowns.count:  # and numbers that contradict each other are refused here, not later
            raise InvalidInput("activations: ties and constraints leave no coefficient free, so nothing to learn")

    def _table_rows(self) -> list[Row]:
        learned = self.coefficients
        rows: list[Row] = [
            ("layers", " → ".join(map(str, self.sizes))),
            ("biases", "none" if self.biases is None else "given"),
        ]
        for number, each in enumerate(self.activations):
            shown = "" if learned is None else f": {np.array2string(learned[number], precision=6, threshold=12)}"
            rows.append((f"activation {number + 1}", f"{each.title}{shown}"))
        chart = self.normalisation if isinstance(self.normalisation, str) else ", ".join(map(str, self.normalisation))
        return [*rows, ("normalisation", chart), ("ties", ", ".join(map(str, self.ties)))]

    def _activations(self, layers: int, powers: Sequence[Sequence[int]] | None) -> tuple[Activation, ...]:
        """Return the activations, from what was given, checked."""
        given = items(self.activations, "activations", "a list of one Activation a hidden layer")
        if powers is not None:
            if given or self.degrees is not None:
                raise InvalidInput("powers, degrees, activations: give one of the three")
            given = [
                Activation(powers=tuple(items(own, "powers", "one list of powers a layer")))
                for own in items(powers, "powers", "one list of powers a layer")
            ]
        if not given:
            if self.degrees is None:
                raise InvalidInput("activations: expected one Activation a hidden layer, or degrees=[2, 3] in short")
            degrees = items(self.degrees, "degrees", "a list of one degree a hidden layer")
            check_count(degrees, layers, "degrees")
            for degree in degrees:
                if not is_integer(degree) or not 1 <= degree <= MAX_DEGREE:
                    raise InvalidInput(
                        f"degrees: expected integers of at least 1 and at most {MAX_DEGREE}, got {shown(degree)}"
                    )
            return of_degrees([int(degree) for degree in degrees])
        check_count(given, layers, "activations")
        wrong = [each for each in given if not isinstance(each, Activation)]
        if wrong:
            raise InvalidInput(f"activations: expected momentsos.Activation, got {shown(wrong[0])}")
        own = [each.degree for each in given]
        if self.degrees is not None and items(self.degrees, "degrees", "a list") != own:
            raise InvalidInput("degrees, activations: give one of the two; degrees=[2, 3] is the short form")
        learned = False
        for layer, each in enumerate(given):
            if learned and not each.is_polynomial:
                raise InvalidInput(
                    f"activations[{layer}] ({each.title}) stands behind a layer whose coefficients are learned: there "
                    f"only polynomials are possible; in the first learned layer, or before it, any function is"
                )
            if learned and each.interval == "data":
                raise InvalidInput(
                    f"activations[{layer}]: interval='data' stands behind a layer whose coefficients are learned, so "
                    f"its inputs are not known beforehand; state the interval"
                )
            learned = learned or bool(each.free)
        return tuple(given)

    def _shaped(self, coefficients: Sequence[ArrayLike]) -> tuple[NDArray[np.float64], ...]:
        given = arrays_of(coefficients, "coefficients", None)
        shapes = [
            each.coefficients(units).shape for each, units in zip(self.activations, self.sizes[1:-1], strict=True)
        ]
        if [c.shape for c in given] != shapes:
            lengths = [shape[0] if len(shape) == 1 else shape for shape in shapes]
            raise InvalidInput(f"coefficients: expected arrays of lengths {lengths}, got {[c.shape for c in given]}")
        return given

    @property
    def sizes(self) -> tuple[int, ...]:
        r"""The layer sizes :math:`m_0, \dots, m_{D+1}`."""
        return (self.weights[0].shape[1], *(w.shape[0] for w in self.weights))

    @property
    def leading(self) -> int:
        """How many layers at the beginning learn nothing: what comes out of them are data."""
        return next((i for i, each in enumerate(self.activations) if each.free), len(self.activations))

    @cached_property
    def chart(self) -> Chart:
        """The coefficients that are 1 by normalisation."""
        if not isinstance(self.normalisation, str):
            return self.normalisation
        if self.normalisation == "none":
            return ()
        return paper_chart(self) if self.normalisation == "paper" else default_chart(self)

    @cached_property
    def unknowns(self) -> Unknowns:
        """Which of the coefficients are learned, and the vector of these."""
        ones: list[list[tuple[int, int, float]]] = [[] for _ in self.activations]
        for place in self.chart:
            layer, unit = place[0], place[1] if len(place) == 3 else 0
            units = self.sizes[layer + 1] if 0 <= layer < len(ones) and self.activations[layer].per_unit else 1
            if not (0 <= layer < len(ones) and 0 <= unit < units and place[-1] in self.activations[layer].free):
                raise InvalidInput(f"normalisation: {place} is no coefficient that is free; places are (layer, power)")
            ones[layer].append((unit, place[-1], 1.0))
        listed = zip(self.activations, self.sizes[1:-1], ones, strict=True)
        return Unknowns.of([each.coefficients(units, tuple(own)) for each, units, own in listed], self.ties)

    def seeing(self, X: NDArray[np.float64]) -> PolynomialNetwork:
        """Return the network with the range of these inputs where an interval is ``"data"``."""
        if all(each.interval != "data" for each in self.activations):
            return self
        hidden, activations = X, list(self.activations)
        for layer in range(self.leading + 1):
            inputs = hidden @ self.weights[layer].T + self.bias(layer)
            activations[layer] = activations[layer].on(inputs)
            if layer < self.leading:
                hidden = activations[layer].at(inputs, self._numbers(layer))
        return replace(self, activations=tuple(activations))

    def before_learned(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what the layers at the beginning that learn nothing make of the rows of `X`."""
        hidden = X
        for layer in range(self.leading):
            hidden = self.activations[layer].at(hidden @ self.weights[layer].T + self.bias(layer), self._numbers(layer))
        return hidden

    def _numbers(self, layer: int) -> NDArray[np.float64]:
        """Return the coefficients of a layer in which all are fixed."""
        row = np.array([each.value or 0.0 for each in self.activations[layer].row])
        return np.tile(row, (self.sizes[layer + 1], 1)) if self.activations[layer].per_unit else row

    def with_coefficients(self, coefficients: Sequence[ArrayLike]) -> PolynomialNetwork:
        """Return the same network with the given coefficients of the activations."""
        shaped = self._shaped(coefficients)
        same = copy(self)  # all else was checked when this one was made
        object.__setattr__(same, "coefficients", shaped)
        return same

    def holding(self, free: NDArray[np.intp], at: NDArray[np.float64]) -> PolynomialNetwork:
        """Return the same network in which only these unknowns are learned; all others are what they are in `at`.

        Parameters
        ----------
        free : integer array
            Numbers of unknowns.
        at : (n,) array
            All unknowns of the network.
        """
        same = copy(self)
        object.__setattr__(same, "unknowns", self.unknowns.held(free, at))
        return same

    def bias(self, layer: int) -> NDArray[np.float64] | float:
        """Return the bias vector of weight matrix `layer` (counted from 0), or 0."""
        return 0.0 if self.biases is None else self.biases[layer]

    @classmethod
    def from_sklearn(
        cls, model: Any, degrees: int | Sequence[int] = 3, *, activations: Sequence[Activation] = ()
    ) -> PolynomialNetwork:
        """Return the network with weights and biases of an `MLPRegressor` or `MLPClassifier` of scikit-learn.

        Its outputs are those before softmax, logistic function or exponential. Of a pipeline that ends in a perceptron,
        its inputs are what the steps before make of `X`. The way back is `momentsos.estimators.with_network`.

        Parameters
        ----------
        model : MLPRegressor, MLPClassifier, or a pipeline that ends in one
            Fitted.
        degrees : int or sequence of int
            One for all hidden layers, or one each.
        activations : sequence of Activation
            In place of degrees.
        """
        weights, biases = layers_of(model)
        if activations:
            return cls(weights, activations=activations, biases=biases)  # type: ignore[arg-type]
        listed = [degrees] * (len(weights) - 1) if is_integer(degrees) else degrees
        return cls(weights, listed, biases)  # type: ignore[arg-type]

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

    def to_polynomial(self, memory_limit: int | None = None) -> ComposedNetwork:
        """Return the outputs as polynomials in the inputs, as arrays, as `Polynomial` or in SymPy.

        Parameters
        ----------
        memory_limit : int, optional
            Bytes that it may take; by default half of what is free.

        Raises
        ------
        InvalidInput
            The network has no coefficients, or an activation that is no polynomial.
        ProblemTooLarge
            Before anything large is allocated: the size is known beforehand.
        """
        return composed(self, memory_limit)

    def to_json(self, path: str | PathLike[str]) -> None:
        """Write the network to a file, from which `momentsos.load` reads it whole.

        Raises
        ------
        InvalidInput
            The file cannot be written, or an activation has functions that are not known by name.
        """
        write_document(path, NETWORK, network_document(self))

    @classmethod
    def from_torch(cls, module: Any, degrees: int | Sequence[int] | None = None) -> PolynomialNetwork:
        """Return a `torch.nn.Sequential` of `Linear` layers with activations between them as a network.

        Polynomial activations give their coefficients; in place of others there are polynomials of these degrees, by
        default 3, whose coefficients are to be learned.

        Raises
        ------
        InvalidInput
            A part that is neither a linear layer nor an activation, by its name.
        """
        found: PolynomialNetwork = converter("torch").network_of(module, degrees)
        return found

    def to_torch(self, dtype: Any = None) -> Any:
        """Return a `torch.nn.Sequential` of `Linear` layers and `momentsos.torch.PolynomialActivation`.

        Parameters
        ----------
        dtype : torch.dtype, optional
            Double precision by default.

        Raises
        ------
        InvalidInput
            The network has no coefficients, or an activation that is not one polynomial for all units.
        """
        return converter("torch").module_of(self, dtype)

    @property
    def multiplicative_depth(self) -> int:
        r"""The multiplicative depth, :math:`\sum_l \lceil \log_2 d_l \rceil`: products that follow each other."""
        return multiplicative_depth(self)
