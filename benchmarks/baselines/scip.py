"""SCIP: spatial branch and bound, a global method of another kind."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from momentsos.polynomials import Polynomial

from .searches import Task

#: The coefficients are given these bounds: without any, branch and bound has no relaxation to start from.
BOX = 100.0


@dataclass(frozen=True, eq=False)
class Answer:
    """What SCIP says at its end or at the time limit."""

    status: str
    bound: float
    coefficients: NDArray[np.float64] | None


def solve(task: Task, limit: float) -> Answer:
    """Minimise the loss of a task; an epigraph for the mean residual, a sum of squares for ``mse``."""
    from pyscipopt import Model

    model = Model()
    model.hideOutput()
    model.setParam("limits/time", limit)
    model.setParam("limits/gap", 1e-7)
    model.setParam("numerics/feastol", 1e-9)
    model.setParam("parallel/maxnthreads", 1)
    formulation = task.formulation
    c = [model.addVar(name, lb=-BOX, ub=BOX) for name in formulation.residuals[0].variables]
    theta = model.addVar("theta", lb=0.0, ub=None)
    values = [_expression(r, c) for r in formulation.residuals]
    if formulation.norm.squared:
        model.addCons(theta >= sum(value * value for value in values))
    else:
        for value in values:
            model.addCons(theta >= value)
            model.addCons(theta >= -value)
    model.setObjective(theta)
    with _silence():
        model.optimize()
    found = np.array([model.getVal(v) for v in c]) if model.getNSols() else None
    return Answer(model.getStatus(), model.getDualbound(), found)


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Send what libraries write to the terminal nowhere: warnings of SCIP's LP code pass its own switch."""
    kept, nowhere = [os.dup(1), os.dup(2)], os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        yield
    finally:
        for place, old in zip((1, 2), kept, strict=True):
            os.dup2(old, place)
            os.close(old)
        os.close(nowhere)


def _expression(polynomial: Polynomial, variables: list[object]) -> object:
    total: object = 0.0
    for row, coefficient in zip(polynomial.exponents, polynomial.coefficients, strict=True):
        term: object = float(coefficient)
        for variable, power in zip(variables, row, strict=True):
            for _ in range(int(power)):
                term = term * variable
        total = total + term
    return total
