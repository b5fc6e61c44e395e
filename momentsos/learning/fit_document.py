"""The JSON of formulations and fits, both ways."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ..hierarchy.document import result_document, result_fields
from ..machine.documents import Part, number, numbers
from ..problem import Problem
from ..problem.document import polynomial_from_json, polynomial_to_json
from .formulate import Formulation
from .identifiability import Identifiability
from .losses.norms import Largest, Norm, SumOfSquares, Total
from .losses.penalties import Penalised, Penalties
from .network_document import network_document, network_of

if TYPE_CHECKING:
    from .fit import Fit

FIT = "momentsos fit"
_NORMS: dict[str, type[Norm]] = {"largest": Largest, "total": Total, "squares": SumOfSquares}


def fit_document(fit: Fit) -> dict[str, Any]:
    """Return a fit as a JSON object; `InvalidInput` as for its network."""
    known = fit.identifiability
    return {
        **result_document(fit),
        "network": None if fit.network is None else network_document(fit.network),
        "coefficients": None if fit.coefficients is None else [numbers(each) for each in fit.coefficients],
        "formulation": None if fit.formulation is None else _formulation_document(fit.formulation, fit.problem),
        "identifiability": None
        if known is None
        else {
            "lengths": numbers(known.lengths),
            "singular_values": numbers(known.singular_values),
            "directions": numbers(known.directions),
            "rank": int(known.rank),
            "undetermined": list(known.undetermined),
        },
    }


def fit_of(part: Part) -> Fit:
    """Return the fit of a JSON object; raise `InvalidInput` for what is none."""
    from .fit import Fit

    fields = result_fields(part)
    return Fit(
        **fields,
        network=part["network"].maybe(network_of),
        coefficients=part["coefficients"].maybe(lambda own: [each.array() for each in own.parts()]),
        formulation=part["formulation"].maybe(lambda own: _formulation(own, fields["problem"])),
        identifiability=part["identifiability"].maybe(_identifiability),
    )


def _identifiability(part: Part) -> Identifiability:
    lengths = part["lengths"].vector()
    return Identifiability(
        lengths,
        part["singular_values"].vector(),
        part["directions"].matrix(len(lengths)),
        part["rank"].integer(),
        tuple(each.text() for each in part["undetermined"].parts()),
    )


def _formulation_document(own: Formulation, problem: Problem) -> dict[str, Any]:
    """Return a formulation; a problem that is that of the result, and residuals that it remembers, once only."""
    factor = own.problem.squares
    remembered = factor is not None and factor.polynomials == own.residuals
    return {
        "network": network_document(own.network),
        "loss": own.loss,
        "norm": _norm_document(own.norm),
        "problem": None if own.problem == problem else own.problem.as_dict(),
        "residuals": None if remembered else [polynomial_to_json(each) for each in own.residuals],
        "names": list(own.residuals[0].variables),
        "scale": number(own.scale),
        "units": numbers(own.units),
    }


def _formulation(part: Part, problem: Problem) -> Formulation:
    posed = part["problem"].maybe(lambda own: Problem.from_json(own.members() and own.value)) or problem
    names = [each.text() for each in part["names"].parts()]
    residuals, where = part["residuals"], part["residuals"].where
    if residuals.value is None and posed.squares is None:
        raise residuals.wrong("a list of polynomials")
    return Formulation(
        network=network_of(part["network"]),
        loss=part["loss"].text(),
        norm=_norm(part["norm"]),
        problem=posed,
        residuals=posed.squares.polynomials
        if residuals.value is None and posed.squares is not None
        else tuple(polynomial_from_json(each.value, names, where) for each in residuals.parts()),
        scale=part["scale"].number(),
        units=part["units"].vector(),
    )


def _norm_document(norm: Norm) -> dict[str, Any]:
    if isinstance(norm, Penalised):
        weights = {"ridge": number(norm.penalties.ridge), "absolute": number(norm.penalties.absolute)}
        return {"kind": "penalised", "base": _norm_document(norm.base), "count": norm.count, **weights}
    return {"kind": next(kind for kind, own in _NORMS.items() if type(norm) is own)}


def _norm(part: Part) -> Norm:
    kind = part["kind"].text()
    if kind == "penalised":
        penalties = Penalties(part["ridge"].number(), part["absolute"].number())
        if not (0.0 <= penalties.ridge < math.inf and 0.0 <= penalties.absolute < math.inf):
            raise part.wrong("penalties with weights of at least 0")
        return Penalised(_norm(part["base"]), part["count"].integer(), penalties)
    if kind not in _NORMS:
        raise part["kind"].wrong(f"one of {', '.join(_NORMS)}, penalised")
    return _NORMS[kind]()
