"""Puts a case to momentsos, through its public interface alone."""

from __future__ import annotations

import inspect
import os
import time
import traceback
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

import momentsos as ms

from .case import Case, terms, written
from .claim import Claim, from_result
from .training import Training


def ask(case: Case | Training, limit: float) -> Claim:
    """Return the answer within `limit` seconds, or how else it ended; what is no error of the package is kept whole."""
    wall, began = time.perf_counter(), _cpu()
    maximize = isinstance(case, Case) and case.maximize and _maximizes()
    try:
        result = _call(case, limit)
    except ms.MomentSOSError as error:
        return _ended("refused", f"{type(error).__name__}: {error}", wall, began)
    except (Exception, RecursionError) as error:  # what a crash is: anything that is not the package's own error
        trace = traceback.extract_tb(error.__traceback__)[-1]
        words = f"{type(error).__name__}: {error} ({os.path.basename(trace.filename)}, {trace.name})"
        return _ended("crashed", words, wall, began)
    return from_result(result, maximize, time.perf_counter() - wall, _cpu() - began)


def _call(case: Case | Training, limit: float) -> Any:
    if isinstance(case, Training):
        network = ms.PolynomialNetwork(
            weights=[np.array(w) for w in case.weights],
            degrees=list(case.degrees),
            biases=None if case.biases is None else [np.array(b) for b in case.biases],
        )
        return ms.learn(network, np.array(case.inputs), np.array(case.targets), loss=case.loss, time_limit=limit)
    options = dict(case.options)
    if "squares" in options:
        listed = {
            "variables": case.names,
            "minimize": [],
            "inequalities": [terms(square) for square in options["squares"]],
        }
        options["squares"] = ms.Problem.from_json(listed).inequalities
    if case.radius is not None:
        options["bound"] = float(case.radius)
    return ms.solve(posed(case), time_limit=limit, **options)


def posed(case: Case) -> ms.Problem:
    """Return the problem as momentsos has it."""
    problem = ms.Problem.from_json(written(case))
    if not (case.maximize and _maximizes()):
        return problem
    make: Callable[..., ms.Problem] = ms.Problem
    return make(
        maximize=-1 * problem.minimize,
        inequalities=problem.inequalities,
        equalities=problem.equalities,
        variables=problem.variables,
    )


@cache
def _maximizes() -> bool:
    """Whether this version knows ``maximize``; before, the negated objective is minimised."""
    return "maximize" in inspect.signature(ms.Problem).parameters


@cache
def divided() -> bool:
    """Whether this version's squared loss is a mean over the outputs too: two equal outputs, each missed by 1."""
    network = ms.PolynomialNetwork(weights=[np.ones((1, 1)), np.ones((2, 1))], degrees=[1])
    fit = ms.learn(network, np.ones((1, 1)), np.array([[1.0, -1.0]]), loss="mse")
    return fit.upper_bound is not None and fit.upper_bound < 1.5


def _cpu() -> float:
    """Seconds of processor time of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _ended(end: str, words: str, wall: float, began: float) -> Claim:
    return Claim(end=end, error=words[:400], seconds=time.perf_counter() - wall, cpu=_cpu() - began)
