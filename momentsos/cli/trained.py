"""The command ``polynomialize``: an ONNX file and data in; another file, and what has become of the model, out."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from ..errors import BadOption, InvalidInput
from ..hierarchy.status import Status
from . import show
from .data import read_arrays
from .outputs import certificate_of, check_outputs, written

_NO_BOUND = (Status.STOPPED, Status.FAILED)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what only this command has."""
    parser.add_argument("model", metavar="MODEL.onnx", help="a trained model of one input and one output")
    parser.add_argument("data", metavar="DATA.npz", help="holds X, one sample a row, and optionally Y")
    parser.add_argument("--degrees", nargs="+", default=["3"], help="one for all, one each, or 'auto' (default: 3)")
    parser.add_argument("--out", metavar="POLY.onnx", help="write the model with polynomial activations")
    parser.add_argument("--report", metavar="REPORT.html", help="write the report as a page, or as data in .json")
    parser.add_argument("--labels", action="store_true", help="Y is for scores; the model's own outputs are fitted")
    parser.add_argument("--holdout", type=float, metavar="SHARE", help="samples kept for scores (default: 0.25)")
    parser.add_argument("--precision", default="double", help="of the file: double, single (default: double)")
    parser.add_argument("--fold", action="store_true", help="write quadratic activations as bare squares")
    parser.add_argument("--seed", type=int, default=0, help="of the division of the samples (default: 0)")


def polynomialize_file(options: argparse.Namespace) -> int:
    """Replace the activations of a model in a file by the best polynomials."""
    from ..models.polynomialize import polynomialize

    check_outputs(options)
    if options.precision not in ("double", "single"):
        raise BadOption(f"--precision {options.precision}: expected double or single")
    degrees = _degrees(options.degrees)
    arrays = read_arrays(options.data)
    if "X" not in arrays:
        held = ", ".join(sorted(arrays))[:200] or "nothing"
        raise InvalidInput(f"{options.data} lacks X, the samples as rows, and optionally Y; it holds {held}")
    Y = arrays.get("Y")
    if options.labels and Y is None:
        raise InvalidInput(f"{options.data} lacks Y, which --labels is about")
    own: dict[str, Any] = {"truth": Y} if options.labels else {"Y": Y}
    for name in ("holdout", "time_limit"):
        if getattr(options, name) is not None:
            own[name] = getattr(options, name)
    with show.progress(options) as report:
        found = polynomialize(
            options.model,
            arrays["X"],
            degrees=degrees,
            method=options.method,
            solver=options.solver,
            tol=options.tol,
            seed=options.seed,
            progress=report,
            **own,
        )
    missing = False
    if options.out:
        missing |= not written(
            "model", options.out, lambda path: found.to_onnx(path, options.precision, fold=options.fold)
        )
    if options.report:
        as_page = Path(options.report).suffix.lower() != ".json"
        write = found.report.to_html if as_page else found.report.to_json
        missing |= not written("report", options.report, write)
    path, lacking = certificate_of(found.fit, options)
    if options.json:
        whole = {**found.fit.as_dict(), "certificate": path, "report": found.report.as_dict()}
        print(json.dumps(whole, allow_nan=False))
    else:
        print(found.report)
    if found.fit.status in _NO_BOUND and found.fit.lower_bound is None:
        print(f"momentsos: {found.fit.status}, without a bound: {found.fit.message}", file=sys.stderr)
        return 3
    return 3 if missing or lacking else 0


def _degrees(given: list[str]) -> Any:
    if given == ["auto"]:
        return "auto"
    try:
        degrees = [int(each) for each in given]
    except ValueError as error:
        raise BadOption(f"--degrees {' '.join(given)}: expected integers, or auto") from error
    return degrees[0] if len(degrees) == 1 else degrees
