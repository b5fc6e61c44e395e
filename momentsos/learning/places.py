"""Places of coefficients as users write them: ties of these, and which ones are 1."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import InvalidInput
from ..machine.checks import is_integer, items, shown
from .activation import Activation
from .charts import Chart, is_place
from .unknowns import Place

#: How a network may be normalised, by name.
NORMALISATIONS = ("auto", "paper", "none")


def tied_places(value: object, activations: Sequence[Activation]) -> tuple[tuple[Place, Place], ...]:
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
    """Return a name that is known, or places."""
    if isinstance(value, str):
        if value not in NORMALISATIONS:
            raise InvalidInput(f"normalisation {shown(value)}: expected one of {', '.join(NORMALISATIONS)}, or places")
        return value
    places = items(value, "normalisation", f"one of {', '.join(NORMALISATIONS)}, or places (layer, power)")
    if not all(map(is_place, places)):
        raise InvalidInput("normalisation: expected places (layer, power), counted from 0")
    return tuple(tuple(map(int, place)) for place in places)
