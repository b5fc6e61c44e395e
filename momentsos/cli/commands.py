"""What each command does; `main` turns errors into exit codes."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import BadOption
from ..hierarchy.result import Result
from ..hierarchy.solve import solve
from ..hierarchy.status import Status
from ..learning.fit import Fit
from ..learning.instances import example_34, noisy_instance
from ..learning.learn import learn
from ..problem import Problem
from ..solvers import available_solvers
from . import show
from .data import read_data
from .outputs import certificate_of, check_outputs, written
from .trained import polynomialize_file

__all__ = ["demo", "learn_file", "polynomialize_file", "reproduce", "solve_file", "solvers", "verify_certificate"]

_NO_BOUND = (Status.STOPPED, Status.FAILED)


def solve_file(options: argparse.Namespace) -> int:
    """Minimise, or maximise, the polynomial of a problem file."""
    check_outputs(options)
    problem = Problem.from_json(options.problem)
    with show.progress(options) as report:
        result = solve(
            problem,
            options.order,
            options.max_order,
            bound=_bound(options.bound),
            progress=report,
            **_shared(options),
        )
    return _finish(result, options)


def learn_file(options: argparse.Namespace) -> int:
    """Learn the activations of the network in a data file."""
    check_outputs(options)
    network, X, Y = read_data(options.data, options.degrees)
    with show.progress(options) as report:
        fit = learn(
            network,
            X,
            Y,
            loss=options.loss,
            order=options.order,
            max_order=options.max_order,
            bound=_bound(options.bound),
            progress=report,
            **_shared(options),
        )
    if options.plot:
        written("plot", options.plot, lambda path: _draw(fit, X, path))
    return _finish(fit, options)


def demo(options: argparse.Namespace) -> int:
    """Learn the activations of a built-in noisy network and of Example 3.4."""
    cases, losses = [noisy_instance(fresh=True), example_34()], ["mse", "mean_residual"]
    fits: list[Fit] = []
    for case, loss in zip(cases, losses, strict=True):
        with show.progress(options) as report:
            fits.append(learn(case.network, case.X, case.Y, loss=loss, progress=report, **_shared(options)))
    if options.json:
        print(json.dumps({case.name: fit.as_dict() for case, fit in zip(cases, fits, strict=True)}, allow_nan=False))
    else:
        for case, fit in zip(cases, fits, strict=True):
            show.recovery(case, fit)
    return 3 if any(fit.status in _NO_BOUND for fit in fits) else 0


def reproduce(options: argparse.Namespace) -> int:
    """Run the published experiments; what is stored already is not solved again."""
    from ..reproduction import command, run, summary, tables

    experiments, selection = command.requested(options, _bound(options.bound))
    with command.connected(options) as client, show.progress(options) as report:
        found = run(experiments, selection, options.out, options.jobs, report, client)
    for line in (*found.notes, *(f"written: {path}" for path in command.write_files(found, options))):
        print(line, file=sys.stderr)
    if options.json:
        print(json.dumps(summary.as_dict(found), allow_nan=False))
    else:
        for each in experiments:
            print(tables.table(each, found).text())
    return 3 if found.without_bound else 0


def solvers(options: argparse.Namespace) -> int:
    """List the solvers."""
    states = available_solvers()
    if options.json:
        print(json.dumps({name: vars(state) for name, state in states.items()}))
    else:
        show.solver_table(states)
    return 0


def verify_certificate(options: argparse.Namespace) -> int:
    """Check a certificate file exactly; exit code 0 only when it holds."""
    from ..certificates import verify_file

    verdict = verify_file(options.file)
    if options.json:
        bounds = {name: getattr(verdict, name) for name in ("bound", "lower_bound", "upper_bound")}
        known = {name: None if value is None else str(value) for name, value in bounds.items()}
        told = {"holds": verdict.holds, "statement": verdict.statement, "reason": verdict.reason}
        print(json.dumps({**told, **known}))
    elif verdict.holds:
        print(f"The certificate holds. {verdict.statement}")
    if not verdict.holds:
        print(f"momentsos: {options.file} proves nothing: {verdict.reason}", file=sys.stderr)
    return 0 if verdict.holds else 2


def _shared(options: argparse.Namespace) -> dict[str, Any]:
    return {
        "method": options.method,
        "solver": options.solver,
        "tol": options.tol,
        "time_limit": options.time_limit,
    }


def _bound(text: str) -> str | float | None:
    if text in ("auto", "none"):
        return None if text == "none" else "auto"
    try:
        return float(text)
    except ValueError as error:
        raise BadOption(f"--bound {text}: expected 'auto', 'none' or a radius") from error


def _draw(fit: Fit, X: np.ndarray, path: str) -> None:
    """Draw the learned activations, over the inputs that the data give them, into a file."""
    from ..plots import activations
    from ..plots.canvas import figure_class

    figure = figure_class()(layout="constrained")
    activations(fit, X, figure=figure)
    loss = "" if fit.upper_bound is None else f", loss {fit.upper_bound:.4g}"
    figure.suptitle(f"{fit.status.name}{loss}", fontsize="medium")
    figure.savefig(Path(path), dpi=150)


def _finish(result: Result, options: argparse.Namespace) -> int:
    """Write the certificate, print the result, choose the exit code: 3 where a certificate was wanted and not found."""
    path, missing = certificate_of(result, options)
    if options.json:
        print(json.dumps({**result.as_dict(), "certificate": path}, allow_nan=False))
    else:
        show.result(result)
    proved, _ = result.problem.sense.bounds(result.lower_bound, result.upper_bound)
    if result.status in _NO_BOUND and proved is None:
        print(f"momentsos: {result.status}, without a bound: {result.message}", file=sys.stderr)
        return 3
    return 3 if missing else 0
