"""What has become of a model whose activations are polynomials: scores, ranges, costs, as data and as text."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..machine.files import write_whole
from ..machine.notebooks import Shown
from ..machine.records import Record

Floats = NDArray[np.float64]

_OF_LAYERS = ("activation", "degree", "inputs in training", "held out", "outside", "largest, original", "loss alone")


@dataclass(frozen=True, eq=False, repr=False)
class Score(Record):
    """How well some activations do on some samples.

    Attributes
    ----------
    name : str
        ``"original"``, ``"interval"`` (each fitted on the interval of its inputs), ``"least squares"`` (each fitted on
        its inputs), ``"ours"``.
    accuracy : float or None
        The share of samples that are put into the right class, where classes are known.
    r2 : float or None
        The share of the variance that is explained: of the true values where these are known, else of the targets.
    agreement : float or None
        The share of samples that are put into the same class as by the original, where there are classes or outputs
        to choose from.
    loss : float
        The mean over samples and outputs of the squared difference to the targets.
    largest : float
        The largest output, in absolute value.
    """

    name: str
    accuracy: float | None
    r2: float | None
    agreement: float | None
    loss: float
    largest: float


@dataclass(frozen=True, eq=False, repr=False)
class Beyond(Record):
    """What held-out samples put into an activation.

    Attributes
    ----------
    low, high : float
        The range of its inputs.
    outside : int
        How many of them lie outside the range of training.
    inputs : int
        How many there are.
    largest : float
        The largest value of the polynomial there, in absolute value.
    original : float
        That of the original activation on the same inputs.
    """

    low: float
    high: float
    outside: int
    inputs: int
    largest: float
    original: float


@dataclass(frozen=True, eq=False, repr=False)
class Layer(Record):
    """One activation and the polynomial in its place.

    Attributes
    ----------
    name, title : str
    degree, units : int
        Units are its entries for one sample.
    low, high : float
        The range of its inputs on the training data, with the polynomials in place.
    held_out : Beyond or None
    powers : (d + 1,) array
        The coefficients of ascending powers of the input.
    chebyshev : (d + 1,) array
        The same polynomial in Chebyshev's on [low, high].
    multiplications : int
        Products of two values for one sample.
    alone : float
        The loss on the training data where this activation alone is replaced: what it costs.
    grid : (points,) array
        Inputs from below the range of training to above it.
    original, polynomial : (points,) arrays
        The values of both activations there.
    density : (points - 1,) array
        Which share of the inputs of training falls between two points of the grid.
    """

    name: str
    title: str
    degree: int
    units: int
    low: float
    high: float
    held_out: Beyond | None
    powers: Floats
    chebyshev: Floats
    multiplications: int
    alone: float
    grid: Floats
    original: Floats
    polynomial: Floats
    density: Floats


@dataclass(frozen=True, eq=False, repr=False)
class ModelReport(Shown, Record):
    """The report of a model; `str` gives it as text, `as_dict` and `to_json` as data, `to_html` as a page.

    Attributes
    ----------
    kind : str
        Of the model.
    target : str
        ``"outputs"`` of the original, or ``"Y"``.
    samples, held_out_samples : int
    training, held_out : tuple of Score
        On the samples that were fitted, and on others; nothing where none were held out.
    layers : tuple of Layer
    status : str
        Of the fit; `bounds` of its loss, with what the penalties add.
    bounds : (float or None, float or None)
    message : str
    steps : tuple of str
        Which activations were sought together, and how each search ended.
    widening : str
        Whether polynomials had to be kept near their activations beyond the inputs of training.
    degrees : str
        How they were chosen.
    depth, levels, folded_levels : int
        See `momentsos.models.costs`; the last one with quadratics as squares, as `fold` makes them.
    seconds : float
        Of processor time, for reading the model and for the fit.
    """

    kind: str
    target: str
    samples: int
    held_out_samples: int
    training: tuple[Score, ...]
    held_out: tuple[Score, ...]
    layers: tuple[Layer, ...]
    status: str
    bounds: tuple[float | None, float | None]
    message: str
    steps: tuple[str, ...]
    widening: str
    degrees: str
    depth: int
    levels: int
    folded_levels: int
    seconds: float

    @property
    def multiplications(self) -> int:
        """Products of two values for one sample, in all activations."""
        return sum(layer.multiplications for layer in self.layers)

    def score(self, name: str) -> Score:
        """Return the score of that name, on held-out samples where there are any."""
        return next(each for each in self.held_out or self.training if each.name == name)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as a JSON object; numbers that do not exist or are not finite are None."""
        plain: dict[str, Any] = _plain(self)
        return {**plain, "multiplications": self.multiplications}

    def to_json(self, path: Any) -> None:
        """Write the report to a JSON file; the file appears whole or not at all."""
        write_whole(path, json.dumps(self.as_dict(), indent=1, allow_nan=False))

    def to_html(self, path: Any) -> None:
        """Write the report as one HTML page that needs no other file; it appears whole or not at all."""
        from .page import page

        write_whole(path, page(self))

    def _repr_html_(self) -> str:
        from .page import part

        return part(self)

    def __str__(self) -> str:
        lines = [
            f"{self.status}: {self.message}",
            f"  loss between {_number(self.bounds[0])} and {_number(self.bounds[1])}",
        ]
        lines += [f"  {line}" for line in (self.degrees, self.widening) if line]
        lines += [f"  {step}" for step in self.steps if len(self.steps) > 1]
        for title, scores, count in (
            ("held out", self.held_out, self.held_out_samples),
            ("training", self.training, self.samples),
        ):
            if scores:
                head = (f"{title}, {count} samples", "accuracy", "R²", "as original", "loss", "largest output")
                lines += ["", *_aligned([head, *map(_score_row, scores)])]
        lines += ["", *_aligned([_OF_LAYERS, *map(_layer_row, self.layers)])]
        lines += ["", "coefficients of ascending powers"]
        lines += [f"  {layer.name}: {', '.join(f'{c:.6g}' for c in layer.powers)}" for layer in self.layers]
        lines.append(
            f"multiplicative depth {self.depth}, {self.multiplications} multiplications a sample; under encryption "
            f"{self.levels} levels, {self.folded_levels} with quadratics folded into squares"
        )
        costly = sorted(self.layers, key=lambda layer: -layer.alone)
        lines.append("most costly alone: " + ", ".join(f"{layer.name} ({layer.alone:.4g})" for layer in costly[:3]))
        return "\n".join(lines)


def _score_row(score: Score) -> tuple[str, ...]:
    shares = [("" if value is None else f"{value:.4f}") for value in (score.accuracy, score.r2, score.agreement)]
    return (score.name, *shares, f"{score.loss:.5g}", f"{score.largest:.4g}")


def _layer_row(layer: Layer) -> tuple[str, ...]:
    seen = layer.held_out
    rest = (
        ("", "", "")
        if seen is None
        else (
            f"[{seen.low:.3g}, {seen.high:.3g}]",
            f"{seen.outside} of {seen.inputs}",
            f"{seen.largest:.3g}, {seen.original:.3g}",
        )
    )
    return (
        f"{layer.name} ({layer.title})",
        str(layer.degree),
        f"[{layer.low:.3g}, {layer.high:.3g}]",
        *rest,
        f"{layer.alone:.4g}",
    )


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    """Return a table as lines, columns that are empty left out."""
    kept = [k for k in range(len(rows[0])) if any(row[k] for row in rows[1:])]
    widths = [max(len(row[k]) for row in rows) for k in kept]
    return ["  ".join(row[k].ljust(w) for k, w in zip(kept, widths, strict=True)).rstrip() for row in rows]


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.10g}"


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        return {item.name: _plain(getattr(value, item.name)) for item in fields(value)}  # type: ignore[arg-type]
    if isinstance(value, np.ndarray):
        return [_plain(each) for each in value.tolist()]
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    return value
