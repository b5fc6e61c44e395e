"""The JSON of networks, both ways."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..machine.documents import Part, number, numbers
from .activation import Activation
from .known_functions import function_of, name_of_function

if TYPE_CHECKING:
    from .network import PolynomialNetwork

NETWORK = "momentsos network"


def network_document(network: PolynomialNetwork) -> dict[str, Any]:
    """Return a network as a JSON object.

    Raises
    ------
    InvalidInput
        An activation has functions that are not known by name.
    """
    return {
        "weights": [numbers(each) for each in network.weights],
        "biases": None if network.biases is None else [numbers(each) for each in network.biases],
        "activations": [_activation_document(each) for each in network.activations],
        "coefficients": None if network.coefficients is None else [numbers(each) for each in network.coefficients],
        "normalisation": network.normalisation
        if isinstance(network.normalisation, str)
        else [list(place) for place in network.normalisation],
        "ties": [[list(place) for place in pair] for pair in network.ties],
    }


def network_of(part: Part) -> PolynomialNetwork:
    """Return the network of a JSON object; raise `InvalidInput` for what is none."""
    from .network import PolynomialNetwork

    normalisation = part["normalisation"]
    return PolynomialNetwork(
        weights=[each.matrix() for each in part["weights"].parts()],  # type: ignore[arg-type]  # any sequence
        biases=part["biases"].maybe(lambda own: tuple(each.vector() for each in own.parts())),
        activations=tuple(map(_activation, part["activations"].parts())),
        coefficients=part["coefficients"].maybe(lambda own: tuple(each.array() for each in own.parts())),
        normalisation=normalisation.text()
        if isinstance(normalisation.value, str)
        else tuple(map(_place, normalisation.parts())),
        ties=tuple(tuple(map(_place, pair.pair())) for pair in part["ties"].parts()),  # type: ignore[misc]
    )


def _place(part: Part) -> tuple[int, ...]:
    return tuple(each.integer() for each in part.parts())


def _activation_document(own: Activation) -> dict[str, Any]:
    return {
        "degree": own.degree,
        "powers": None if own.powers is None else list(own.powers),
        "basis": own.basis if isinstance(own.basis, str) else [name_of_function(each) for each in own.basis],
        "interval": list(map(number, own.interval)) if isinstance(own.interval, tuple) else own.interval,
        "fixed": _by_place(own.fixed),
        "bounds": [[place, _limits(pair)] for place, pair in own.bounds.items()],
        "constraints": [[_by_place(weights), _limits(pair)] for weights, pair in own.constraints],
        "per_unit": own.per_unit,
        "shape": None if own.shape is None else name_of_function(own.shape),
    }


def _activation(part: Part) -> Activation:
    basis, interval = part["basis"], part["interval"]
    return Activation(
        degree=part["degree"].maybe(Part.integer),
        powers=part["powers"].maybe(_place),
        basis=tuple(map(function_of, basis.parts())) if isinstance(basis.value, list) else basis.text(),
        interval=interval.maybe(Part.text if isinstance(interval.value, str) else _two),  # type: ignore[arg-type]
        fixed=_weights(part["fixed"]),
        bounds={place.integer(): _ends(pair) for place, pair in map(Part.pair, part["bounds"].parts())},
        constraints=tuple((_weights(w), _ends(pair)) for w, pair in map(Part.pair, part["constraints"].parts())),
        per_unit=part["per_unit"].flag(),
        shape=part["shape"].maybe(function_of),
    )


def _by_place(weights: Mapping[int, float]) -> list[list[Any]]:
    return [[place, number(value)] for place, value in weights.items()]


def _weights(part: Part) -> dict[int, float]:
    return {place.integer(): value.number() for place, value in map(Part.pair, part.parts())}


def _limits(pair: tuple[float | None, float | None]) -> list[Any]:
    return [number(end) for end in pair]


def _ends(part: Part) -> tuple[float | None, float | None]:
    low, high = part.pair()
    return low.maybe(Part.number), high.maybe(Part.number)


def _two(part: Part) -> tuple[float, float]:
    low, high = part.pair()
    return low.number(), high.number()
