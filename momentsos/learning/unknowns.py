"""What is learned: which coefficients of which layer are unknown, and the one vector that they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput
from ..machine.records import Record
from ..polynomials.exponents import Exponents

#: A coefficient of a network: its layer and its place in the list of that layer, both counted from 0.
Place = tuple[int, int]

#: Stands for the index of a coefficient that is no unknown.
_NUMBER = -1


@dataclass(frozen=True)
class Coefficient:
    """One coefficient, as an activation lists it.

    Attributes
    ----------
    label : str
        What its name ends with: the power that it belongs to.
    value : float or None
        The number that it is fixed at; None where it is learned.
    """

    label: str
    value: float | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Unknowns(Record):
    """The coefficients of all layers as one vector of unknowns, and the way back.

    A coefficient is free, an unknown of its own; or fixed, a number; or tied, equal to another one. Coefficients that
    are tied are one unknown, which is named after the first of them, or all the number that one of them is fixed at.

    Attributes
    ----------
    names : tuple of str
        One a unknown: ``c11, c12, ..., c20, c21, ...`` (layer, power). With more than nine layers or a label of more
        than one letter, an underscore separates the two.
    indices : tuple of (coefficients of the layer,) integer arrays
        Which unknown each coefficient is; -1 for a number.
    values : tuple of (coefficients of the layer,) arrays
        The numbers; 0 for the unknowns.
    """

    names: tuple[str, ...]
    indices: tuple[NDArray[np.intp], ...]
    values: tuple[NDArray[np.float64], ...]

    @classmethod
    def of(cls, layers: Sequence[Sequence[Coefficient]], ties: Sequence[tuple[Place, Place]] = ()) -> Unknowns:
        """Number the unknowns, layer by layer.

        Parameters
        ----------
        layers : sequence of sequence of Coefficient
        ties : sequence of pairs of places
            Coefficients that are equal.

        Raises
        ------
        InvalidInput
            A tie to a coefficient that does not exist, or between two different numbers.
        """
        tied = _tied(layers, ties)
        mark = "_" if len(layers) > 9 or any(len(c.label) > 1 for layer in layers for c in layer) else ""
        indices = [[_NUMBER] * len(layer) for layer in layers]
        values = [[0.0] * len(layer) for layer in layers]
        names: list[str] = []
        for (layer, place), alike in tied.items():
            number = _number(layers, alike)
            first_layer, first = min(alike)
            if number is not None:
                values[layer][place] = number
            elif (layer, place) == (first_layer, first):
                indices[layer][place] = len(names)
                names.append(f"c{layer + 1}{mark}{layers[layer][place].label}")
            else:
                indices[layer][place] = indices[first_layer][first]
        return cls(tuple(names), tuple(map(_integers, indices)), tuple(map(_floats, values)))

    @property
    def count(self) -> int:
        """The number of unknowns."""
        return len(self.names)

    @property
    def last(self) -> NDArray[np.intp]:
        """The unknowns of the last layer that no other one shares: the outputs of a network are affine in them."""
        elsewhere = {_NUMBER}.union(*(indices.tolist() for indices in self.indices[:-1]))
        return _integers(sorted(set(self.indices[-1].tolist()) - elsewhere))

    @property
    def inner(self) -> NDArray[np.intp]:
        """All other unknowns."""
        return _integers(sorted(set(range(self.count)) - set(self.last.tolist())))

    def coefficients(self, point: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """Return the coefficients of each layer for a vector that begins with the unknowns."""
        found = [values.copy() for values in self.values]
        for part, indices in zip(found, self.indices, strict=True):
            learned = indices != _NUMBER
            part[learned] = point[indices[learned]]
        return found

    def flatten(self, coefficients: Sequence[ArrayLike]) -> NDArray[np.float64]:
        """Return the vector of the unknowns, the inverse of `coefficients`.

        What is given for a number is passed over, and of coefficients that are tied the first one counts.
        """
        point = np.zeros(self.count)
        for indices, given in zip(reversed(self.indices), reversed(coefficients), strict=True):
            learned = np.flatnonzero(indices != _NUMBER)[::-1]
            point[indices[learned]] = np.asarray(given, dtype=np.float64)[learned]
        return point

    def monomials(self, layer: int) -> tuple[Exponents, NDArray[np.float64]]:
        """Return what the coefficients of a layer are as terms in the unknowns.

        Returns
        -------
        exponents : (coefficients, n) integer array
            The unknown itself, or the constant monomial.
        factors : (coefficients,) array
            1, or the number.
        """
        indices = self.indices[layer]
        learned = indices != _NUMBER
        exponents = np.zeros((len(indices), self.count), dtype=np.int64)
        exponents[learned, indices[learned]] = 1
        return exponents, np.where(learned, 1.0, self.values[layer])


def _integers(numbers: Sequence[int]) -> NDArray[np.intp]:
    array = np.array(numbers, dtype=np.intp)
    array.setflags(write=False)
    return array


def _floats(numbers: Sequence[float]) -> NDArray[np.float64]:
    array = np.array(numbers, dtype=np.float64)
    array.setflags(write=False)
    return array


def _tied(layers: Sequence[Sequence[Coefficient]], ties: Sequence[tuple[Place, Place]]) -> dict[Place, list[Place]]:
    """Return for each coefficient, in order, all those that are equal to it, itself included."""
    tied = {(layer, place): [(layer, place)] for layer, given in enumerate(layers) for place in range(len(given))}
    for pair in ties:
        for layer, place in pair:
            if (layer, place) not in tied:
                raise InvalidInput(f"ties: layer {layer + 1} has no coefficient number {place}, counted from 0")
        one, other = (tied[place] for place in pair)
        if one is not other:
            tied |= dict.fromkeys(one + other, one + other)
    return tied


def _number(layers: Sequence[Sequence[Coefficient]], alike: Sequence[Place]) -> float | None:
    """Return the number that coefficients which are equal are fixed at, None where they are learned."""
    numbers = {layers[layer][place].value for layer, place in alike} - {None}
    if len(numbers) > 1:
        raise InvalidInput(f"ties: coefficients that are equal cannot be fixed at {sorted(map(str, numbers))}")
    return numbers.pop() if numbers else None
