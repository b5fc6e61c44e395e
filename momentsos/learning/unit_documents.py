"""The JSON of fits of one ReLU, rational units, shapes, and output weights, both ways."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from ..hierarchy.document import result_document
from ..hierarchy.status import Status
from ..machine.documents import Part, number, numbers
from .network_document import network_document, network_of

if TYPE_CHECKING:
    from ..hierarchy.result import Result
    from .outputs.learn import OutputFit
    from .rational.learn import RationalFit
    from .relu.cell_programs import DecidingCell
    from .relu.queries import QueryResult
    from .relu.result import ReluFit
    from .shapes.learn import ShapedFit

RELU, QUERIES = "momentsos ReLU fit", "momentsos ReLU queries"
RATIONAL, SHAPED, OUTPUTS = "momentsos rational fit", "momentsos shaped fit", "momentsos output fit"
#: An exact number: other texts that `Fraction` reads may ask for any amount of memory.
_EXACT = re.compile(r"-?[0-9]+(/0*[1-9][0-9]*)?")


def relu_document(fit: ReluFit) -> dict[str, Any]:
    """Return a ReLU fit as a JSON object."""
    known = fit.certificate
    return {
        **_bounds_document(fit),
        "weights": numbers(fit.weights),
        "bias": number(fit.bias),
        "certificate": {
            "cells": int(known.cells),
            "by_least_squares": int(known.by_least_squares),
            "by_multipliers": int(known.by_multipliers),
            "deciding": [_cell_document(each) for each in known.deciding],
        },
    }


def relu_of(part: Part) -> ReluFit:
    """Return the ReLU fit of a JSON object; raise `InvalidInput` for what is none."""
    from .relu.result import CellCertificate, ReluFit

    known = part["certificate"]
    return ReluFit(
        **_bounds(part),
        weights=part["weights"].vector(),
        bias=part["bias"].number(),
        certificate=CellCertificate(
            known["cells"].integer(),
            known["by_least_squares"].integer(),
            known["by_multipliers"].integer(),
            tuple(map(_cell, known["deciding"].parts())),
        ),
    )


def queries_document(found: QueryResult) -> dict[str, Any]:
    """Return what was asked, and the fit, as a JSON object."""
    return {
        "asked": [int(each) for each in found.asked],
        "labels": numbers(found.labels),
        "disagreement": numbers(found.disagreement),
        "fit": relu_document(found.fit),
    }


def queries_of(part: Part) -> QueryResult:
    """Return the queries of a JSON object; raise `InvalidInput` for what is none."""
    from .relu.queries import QueryResult

    return QueryResult(
        np.array([each.integer() for each in part["asked"].parts()], dtype=np.intp),
        part["labels"].vector(),
        part["disagreement"].vector(),
        relu_of(part["fit"]),
    )


def rational_document(fit: RationalFit) -> dict[str, Any]:
    """Return a rational fit as a JSON object."""
    own = fit.activation
    return {
        **_bounds_document(fit),
        "activation": {"degree": own.degree, "denominator": own.denominator, "interval": numbers(own.interval)},
        "coefficients": numbers(fit.coefficients),
        "delta": number(fit.delta),
        "weights": [numbers(each) for each in fit.weights],
        "biases": [numbers(each) for each in fit.biases],
    }


def rational_of(part: Part) -> RationalFit:
    """Return the rational fit of a JSON object; raise `InvalidInput` for what is none."""
    from .rational.activation import RationalActivation
    from .rational.learn import RationalFit

    own, weights, biases = part["activation"], part["weights"].pair(), part["biases"].pair()
    low, high = own["interval"].pair()
    return RationalFit(
        **_bounds(part),
        activation=RationalActivation(
            own["degree"].integer(), own["denominator"].text(), (low.number(), high.number())
        ),
        coefficients=part["coefficients"].vector(),
        delta=part["delta"].number(),
        weights=(weights[0].matrix(), weights[1].matrix()),
        biases=(biases[0].vector(), biases[1].vector()),
    )


def shaped_document(fit: ShapedFit) -> dict[str, Any]:
    """Return a fit with a shape as a JSON object; `InvalidInput` as for its network."""
    own = fit.shape
    return {
        **_bounds_document(fit),
        "network": network_document(fit.network),
        "shape": {
            "interval": numbers(own.interval),
            "monotone": own.monotone,
            "curvature": own.curvature,
            "values": [number(end) for end in own.values],
        },
        "touched": numbers(fit.touched),
    }


def shaped_of(part: Part) -> ShapedFit:
    """Return the fit with a shape of a JSON object; raise `InvalidInput` for what is none."""
    from .shapes.learn import ShapedFit
    from .shapes.shape import Shape

    own = part["shape"]
    (low, high), (least, most) = own["interval"].pair(), own["values"].pair()
    return ShapedFit(
        **_bounds(part),
        network=network_of(part["network"]),
        shape=Shape(
            (low.number(), high.number()),
            own["monotone"].maybe(Part.text),
            own["curvature"].maybe(Part.text),
            (least.maybe(Part.number), most.maybe(Part.number)),
        ),
        touched=tuple(each.number() for each in part["touched"].parts()),
    )


def outputs_document(fit: OutputFit) -> dict[str, Any]:
    """Return a fit of output weights as a JSON object; `InvalidInput` as for its network."""
    return {
        **_bounds_document(fit),
        "network": network_document(fit.network),
        "result": result_document(fit.result),
    }


def outputs_of(part: Part, result: Result) -> OutputFit:
    """Return the fit of output weights of a JSON object, whose result is read already.

    Raises
    ------
    InvalidInput
        It is none.
    """
    from .outputs.learn import OutputFit

    return OutputFit(**_bounds(part), network=network_of(part["network"]), result=result)


def _bounds_document(fit: ReluFit | RationalFit | ShapedFit | OutputFit) -> dict[str, Any]:
    return {
        "status": fit.status.name,
        "lower_bound": number(fit.lower_bound),
        "upper_bound": number(fit.upper_bound),
        "seconds": number(fit.seconds),
    }


def _bounds(part: Part) -> dict[str, Any]:
    return {
        "status": part["status"].member(Status),
        "lower_bound": part["lower_bound"].number(),
        "upper_bound": part["upper_bound"].number(),
        "seconds": part["seconds"].number(),
    }


def _cell_document(cell: DecidingCell) -> dict[str, Any]:
    return {
        "positive": [bool(each) for each in cell.positive],
        "multipliers": [[sample, str(value)] for sample, value in cell.multipliers],
        "theta": [str(each) for each in cell.theta],
        "bound": str(cell.bound),
    }


def _cell(part: Part) -> DecidingCell:
    from .relu.cell_programs import DecidingCell

    return DecidingCell(
        np.array([each.flag() for each in part["positive"].parts()], dtype=np.bool_),
        tuple((sample.integer(), _exact(value)) for sample, value in map(Part.pair, part["multipliers"].parts())),
        tuple(map(_exact, part["theta"].parts())),
        _exact(part["bound"]),
    )


def _exact(part: Part) -> Fraction:
    if not _EXACT.fullmatch(part.text()):
        raise part.wrong("a fraction in a text")
    return Fraction(part.text())
