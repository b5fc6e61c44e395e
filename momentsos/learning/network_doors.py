"""What a network is made from, checked as it comes in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput
from ..machine.checks import is_integer, items, real_array, shown
from .activation import Activation
from .charts import Chart, is_place
from .unknowns import Place

#: How a network may be normalised, by name.
NORMALISATIONS = ("auto", "paper", "none")


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


def arrays_of(values: object, name: str, dimensions: int | None) -> tuple[NDArray[np.float64], ...]:
    """Return finite arrays of so many dimensions; None: of one or two, empty ones too."""
    arrays = []
    for i, value in enumerate(items(values, name, "a list of arrays")):
        array = real_array(value, f"{name}[{i}]")
        if dimensions is not None and (array.ndim != dimensions or array.size == 0):
            raise InvalidInput(f"{name}[{i}] has shape {array.shape}: expected {dimensions} dimensions, none empty")
        if not np.isfinite(array).all():
            raise InvalidInput(f"{name}[{i}] holds numbers that are not finite")
        array.setflags(write=False)
        arrays.append(array)
    return tuple(arrays)


def check_count(given: Sequence[object], layers: int, name: str) -> None:
    """Refuse a list that has not one entry a layer."""
    if len(given) != layers:
        raise InvalidInput(
            f"{name}: {layers + 1} weight matrices have {layers} hidden layers, "
            f"so expected a list of {layers} {name}, got {len(given)}"
        )


def ties_of(value: object, activations: Sequence[Activation]) -> tuple[tuple[Place, Place], ...]:
    """Return pairs of places that are equal; a pair of layers stands for all their coefficients."""
    found: list[tuple[Place, Place]] = []
    for pair in items(value, "ties", "a list of pairs"):
        two = items(pair, "ties", "pairs of layers, or of places (layer, power)")
        if len(two) == 2 and all(is_integer(each) and 0 <= each < len(activations) for each in two):
            one, other = (activations[each] for each in two)
            if one.size != other.size or one.is_polynomial != other.is_polynomial:
                raise InvalidInput(f"ties: layers {two[0]} and {two[1]} have different activations")
            found += [((two[0], place), (two[1], place)) for place in range(one.size)]
        elif len(two) == 2 and all(is_place(each) for each in two):
            found.append((tuple(map(int, two[0])), tuple(map(int, two[1]))))
        else:
            raise InvalidInput("ties: expected pairs of layers, or of places (layer, power), counted from 0")
    return tuple(found)


def normalisation_of(value: object) -> str | Chart:
    """Return the name of a normalisation, or the places that it fixes."""
    if isinstance(value, str):
        if value not in NORMALISATIONS:
            raise InvalidInput(f"normalisation {shown(value)}: expected one of {', '.join(NORMALISATIONS)}, or places")
        return value
    places = items(value, "normalisation", f"one of {', '.join(NORMALISATIONS)}, or places (layer, power)")
    if not all(map(is_place, places)):
        raise InvalidInput("normalisation: expected places (layer, power), counted from 0")
    return tuple(tuple(map(int, place)) for place in places)
