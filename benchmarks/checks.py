"""Certificates of the published families, held against local searches and against the dense relaxation in a ball.

A lower bound above any value that a local search finds, or above what the dense hierarchy finds, would be wrong.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from scipy.optimize import least_squares

import momentsos as ms
from momentsos.conditioning.split import affine_split
from momentsos.conditioning.whitening import whiten_constraints
from momentsos.learning import Formulation, loss_named
from momentsos.learning.instances import noisy_instance
from momentsos.points.local_search import LocalSearch
from momentsos.polynomials.evaluator import Evaluator

from .cases import FAMILIES
from .record import spread, table

STARTS = 100
#: Different ends of the least-squares runs that are followed to a local minimum of the largest residual.
FOLLOWED = 3
SAMPLES = {20: 50, 40: 250}
#: Seconds that the dense relaxation may take.
DENSE_LIMIT = 15.0


@dataclass(frozen=True)
class Check:
    """One instance."""

    loss: str
    law: str
    degrees: tuple[int, ...]
    width: int
    seed: int


def checks(full: bool) -> Iterator[Check]:
    """Yield all instances: both laws and two widths for the mean residual, fresh noise for the squared loss."""
    seeds = range(20 if full else 2)
    for degrees in FAMILIES:
        for law in ("scaled", "plain"):
            for width in (20, 40) if full else (20,):
                yield from (Check("mean_residual", law, degrees, width, seed) for seed in seeds)
        yield from (Check("mse", "scaled", degrees, 20, seed) for seed in seeds)


def run(full: bool) -> tuple[list[dict[str, Any]], str]:
    """Return one row an instance, and a table of counts.

    Instances are shared out among all cores: what counts here are the bounds, and the times are processor times.
    """
    rows = []
    for row in Parallel(n_jobs=-1, return_as="generator")(delayed(_row)(check) for check in checks(full)):
        rows.append(row)
        if len(rows) % 20 == 0:
            print(f"{len(rows)} instances, {sum(each['contradicted'] for each in rows)} contradicted", flush=True)
    return rows, render(rows)


def _row(check: Check) -> dict[str, Any]:
    fresh, tol = not loss_named(check.loss).averaged, _tolerance(check.loss)
    case = noisy_instance(check.degrees, SAMPLES[check.width], check.width, seed=check.seed, law=check.law, fresh=fresh)
    busy = time.process_time()
    fit = ms.learn(case.network, case.X, case.Y, loss=check.loss, method="partial", tol=tol)
    cpu = time.process_time() - busy
    assert fit.formulation is not None and fit.lower_bound is not None and fit.upper_bound is not None
    lowest = lowest_of_many(fit.formulation)
    dense = ms.solve(
        fit.formulation.problem, fit.formulation.problem.minimum_order, method="dense", candidates=fit.minimizers,
        time_limit=DENSE_LIMIT, bound=2.0 * max(1.0, float(np.linalg.norm(fit.minimizers[0]))),
    )  # fmt: skip
    slack = tol * abs(fit.upper_bound) + fit.formulation.rounding(fit.minimizers[0])
    return {
        **check.__dict__,
        "degrees": list(check.degrees),
        "status": fit.status.name,
        "relative_gap": fit.relative_gap,
        "order": fit.order,
        "absorbed": any(a.absorbed for a in fit.attempts if a.lower_bound is not None),
        "lower": fit.lower_bound,
        "upper": fit.upper_bound,
        "local": lowest,
        "dense_status": dense.status.name,
        "dense_lower": dense.lower_bound,
        "contradicted": lowest < fit.lower_bound - slack
        or (dense.lower_bound is not None and dense.lower_bound > fit.upper_bound + slack)
        or (dense.upper_bound is not None and dense.upper_bound < fit.lower_bound - slack),
        "cpu": cpu,
    }


def _tolerance(loss: str) -> float:
    return 1e-5 if loss_named(loss).norm.squared else 1e-6


def lowest_of_many(formulation: Formulation) -> float:
    """Return the lowest loss that `STARTS` descents find: least squares, then a descent of the loss itself."""
    evaluator, n = Evaluator(formulation.residuals), formulation.n_coefficients
    rng = np.random.default_rng(12345)
    ends = []
    for _ in range(STARTS):
        with np.errstate(all="ignore"):
            end = least_squares(evaluator.values, rng.standard_normal(n), evaluator.jacobian, method="lm", max_nfev=100)
        if np.isfinite(end.cost):
            ends.append((float(end.cost), end.x))
    ends.sort(key=lambda pair: pair[0])
    if formulation.norm.squared:
        return 2.0 * ends[0][0]
    values, last = [], -np.inf
    for cost, x in ends:
        if cost <= last * (1 + 1e-6):
            continue
        last = cost
        point = formulation.lifted(x)
        split = affine_split(formulation.problem)
        change = whiten_constraints(formulation.problem, split, point, 10.0, 1e-12 * formulation.scale)
        # Theta is put where all constraints hold: a violation of 1e-12 of large data would pass for a lower loss.
        upwards = np.linalg.solve(change.matrix, np.eye(len(point))[-1])
        end = LocalSearch(change.problem, (), upwards).descend(np.zeros(len(point)))
        values.append(min(float(point[-1]), change.value(end.value) if end.feasible else np.inf))
        if len(values) == FOLLOWED:
            break
    return min(values)


def render(rows: Sequence[dict[str, Any]]) -> str:
    """Return the counts for each family, law and width."""
    lines = []
    keys = sorted({(row["loss"], row["law"], row["width"], tuple(row["degrees"])) for row in rows})
    for loss, law, width, degrees in keys:
        mine = [
            r for r in rows if (r["loss"], r["law"], r["width"], tuple(r["degrees"])) == (loss, law, width, degrees)
        ]
        tol = _tolerance(loss)
        good = [row for row in mine if row["status"] == "CERTIFIED" and row["relative_gap"] <= tol]
        lines.append(
            [
                loss,
                law,
                str(width),
                ", ".join(map(str, degrees)),
                f"{len(good)} of {len(mine)}",
                str(sum(row["order"] == min(r["order"] for r in mine) for row in good)),
                str(sum(row["absorbed"] for row in good)),
                spread(row["relative_gap"] for row in mine),
                str(sum(row["contradicted"] for row in mine)),
                str(sum(row["dense_status"] == "CERTIFIED" for row in mine)),
                spread(row["cpu"] for row in mine),
            ]
        )
    head = (
        "loss", "weights", "m", "degrees", "certified", "at the lowest order", "over all of R^n", "relative gap",
        "contradicted", "dense certified in the ball", "CPU s",
    )  # fmt: skip
    note = (
        f"Certified at a relative gap of 1e-6 (mse: 1e-5, with fresh noise). Contradicted: a bound above the lowest of "
        f"{STARTS} local searches, or at odds with the dense relaxation of lowest order in a ball around twice the "
        f"minimiser. Median [least, most]."
    )
    return f"{note}\n\n{table(head, lines)}"
