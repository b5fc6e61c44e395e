"""Run the baselines against `learn` on the same instances, and summarise how often and when they find the optimum."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from statistics import median
from typing import Any

import numpy as np

import momentsos as ms
from momentsos.learning import loss_named
from momentsos.learning.instances import noisy_instance

from ..cases import FAMILIES
from ..record import table
from .searches import SEARCHES, Search, Task

#: A loss counts as the optimum within this, relative to the certified value.
TOLERANCE = 1e-6
#: The relative gap that `learn` is asked for.
ASKED = {"mean_residual": 1e-6, "mse": 1e-6}
#: No more starts of one search on one instance than this.
STARTS = 200

#: What a reader of the table has to know.
NOTE = """The five families of the published tables (N = 50, m = 20, noise 1e-2; one noise vector for the mean \
residual, fresh noise for each sample for the mean squared error). An instance counts as solved when the \
loss at the point found is within 1e-6 (relative) of the optimum that `learn` certifies. The searches \
start from N(0, 1) again and again until their processor time is spent; they have no way to know when they \
are done, and the times are those of the first start that ends at the optimum. Levenberg-Marquardt \
minimises the sum of the squared mean residuals, which is not the first loss, and is listed there as the \
start of SLSQP that it is. SLSQP and Levenberg-Marquardt use the polynomials that `formulate` makes, the \
methods of torch pass through the network. SCIP gets all coefficients bounded by 100 in absolute value, \
and its proof, where its bound meets the optimum, is for that box and its tolerances; its time is that of \
the whole run. `learn` needs no box; its time includes formulating and its own local search."""


def run(seeds: int, budget: float, scip_limit: float) -> tuple[list[dict[str, Any]], str]:
    """Return one row for each loss, family, seed and method, and a table.

    Parameters
    ----------
    seeds : int
        Instances of each family.
    budget : float
        Seconds of processor time of each local search on an instance; it starts again until they are spent.
    scip_limit : float
        Seconds for SCIP on an instance.
    """
    rows = []
    for loss in SEARCHES:
        for degrees in FAMILIES:
            for seed in range(seeds):
                rows += _instance(degrees, seed, loss, budget, scip_limit)
    return rows, render(rows)


def _instance(degrees: tuple[int, ...], seed: int, loss: str, budget: float, scip_limit: float) -> list[dict[str, Any]]:
    """Return the rows of one instance: `learn` first, whose optimum the others are held against."""
    drawn = noisy_instance(degrees, seed=seed, fresh=not loss_named(loss).averaged)
    head = {"loss": loss, "degrees": list(degrees), "seed": seed}
    began, wall = time.process_time(), time.perf_counter()
    fit = ms.learn(drawn.network, drawn.X, drawn.Y, loss=loss, tol=ASKED[loss])
    own = {
        **head,
        "tool": "momentsos",
        "status": fit.status.name,
        "optimum": fit.upper_bound,
        "relative_gap": fit.relative_gap,
        "seconds": time.process_time() - began,
        "wall": time.perf_counter() - wall,
    }
    own["first"] = own["seconds"] if fit.status is ms.Status.CERTIFIED else None
    assert fit.upper_bound is not None
    task = Task.of(drawn, loss)
    found = [own]
    for name, make in SEARCHES[loss].items():
        if "torch" not in name or find_spec("torch"):
            found.append({**head, "tool": name, **_starts(task, make(task), fit.upper_bound, seed, budget)})
    if find_spec("pyscipopt"):
        found.append({**head, "tool": "SCIP", **_scip(task, fit.upper_bound, scip_limit)})
    shown = ", ".join(f"{row['tool']} {_first(row)}" for row in found)
    print(f"{loss} {degrees} seed {seed}: {shown}", flush=True)
    return found


def _first(row: dict[str, Any]) -> str:
    return "not found" if row["first"] is None else f"{row['first']:.2g} s"


def _starts(task: Task, search: Search, optimum: float, seed: int, budget: float) -> dict[str, Any]:
    """Search from random starts until the time is spent; N(0, 1), the law of the true coefficients."""
    rng = np.random.default_rng([seed, 7])
    search(rng.standard_normal(task.formulation.n_coefficients))  # what is only done once is not counted
    excesses: list[float] = []
    first: float | None = None
    began = time.process_time()
    while time.process_time() - began < budget and len(excesses) < STARTS:
        start = rng.standard_normal(task.formulation.n_coefficients)
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = task.value(search(start))
        excesses.append((value - optimum) / optimum if np.isfinite(value) else np.inf)
        if first is None and excesses[-1] <= TOLERANCE:
            first = time.process_time() - began
    return {
        "starts": len(excesses),
        "hits": sum(excess <= TOLERANCE for excess in excesses),
        "first": first,
        "seconds": time.process_time() - began,
        "best": min(excesses),
    }


def _scip(task: Task, optimum: float, limit: float) -> dict[str, Any]:
    """Solve with SCIP; it has proved the optimum when its own bound meets it."""
    from . import scip

    began = time.process_time()
    answer = scip.solve(task, limit)
    seconds = time.process_time() - began
    excess = np.inf if answer.coefficients is None else (task.value(answer.coefficients) - optimum) / optimum
    gap = (optimum - answer.bound) / optimum
    return {
        "starts": 1,
        "hits": int(excess <= TOLERANCE),
        "first": seconds if excess <= TOLERANCE else None,
        "seconds": seconds,
        "best": excess,
        "status": answer.status,
        "bound_gap": gap,
    }


def render(rows: Sequence[dict[str, Any]]) -> str:
    """Return one line for each loss and method: how often, and when."""
    lines = []
    for loss in SEARCHES:
        mine = [row for row in rows if row["loss"] == loss]
        certified = {(*row["degrees"], row["seed"]) for row in mine if row["first"] and row["tool"] == "momentsos"}
        for tool in dict.fromkeys(row["tool"] for row in mine):
            own = [row for row in mine if row["tool"] == tool and (*row["degrees"], row["seed"]) in certified]
            lines.append(_line(loss, tool, own))
    head = ("loss", "method", "instances solved", "starts that end there", "median s to the first", "slowest", "proof")
    return f"{NOTE}\n\n{table(head, lines)}"


def _line(loss: str, tool: str, rows: Sequence[dict[str, Any]]) -> list[str]:
    times = sorted(row["first"] for row in rows if row["first"] is not None)
    starts, hits = sum(row.get("starts", 1) for row in rows), sum(row.get("hits", 1) for row in rows)
    proved = sum(row.get("bound_gap", np.inf) <= TOLERANCE and row["first"] is not None for row in rows)
    proof = {"momentsos": f"{len(rows)} of {len(rows)}", "SCIP": f"{proved} of {len(rows)}"}.get(tool, "none")
    share = "" if tool in ("momentsos", "SCIP") else f"{hits} of {starts}"
    middle = f"{median(times):.2g}" if times else ""
    slowest = f"{times[-1]:.2g}" if times else ""
    return [loss, tool, f"{len(times)} of {len(rows)}", share, middle, slowest, proof]
