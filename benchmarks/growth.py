"""Time and memory against each size, one process a point.

``python -m benchmarks.growth QUANTITY VALUE`` measures one point and prints it as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

import momentsos as ms
from momentsos.learning.expansion import Expansion
from momentsos.learning.instances import noisy_instance

from .record import table

#: Samples that are generated at a time.
_CHUNK = 20_000
#: Bytes of a mebibyte.
_MIB = 2**20


@dataclass(frozen=True)
class Quantity:
    """One size that is varied while the others stay at degrees 2,2, N = 50, m = 20, order 1.

    Attributes
    ----------
    title : str
    values : tuple of int
    measure : callable
        Seconds of each phase, and what else is worth knowing, at one value.
    """

    title: str
    values: tuple[int, ...]
    measure: Callable[[int], dict[str, Any]]


def stream(samples: int) -> dict[str, Any]:
    """Formulate from samples that are generated chunk by chunk, beside one matrix product over the same samples."""
    drawn = noisy_instance((2, 2))
    network = drawn.network.with_coefficients(drawn.true)
    expansion, weights = Expansion.of(network), network.weights[0]
    rng = np.random.default_rng(1)
    total, spent, product, forward = np.zeros(1), 0.0, 0.0, 0.0
    for start in range(0, samples, _CHUNK):
        X = rng.standard_normal((min(_CHUNK, samples - start), 20))
        began = time.process_time()
        total = total + len(X) / samples * expansion.mean_outputs(X)
        formed = time.process_time()
        _ = X @ weights.T
        multiplied = time.process_time()
        network.predict(X)
        spent, product = spent + formed - began, product + multiplied - formed
        forward += time.process_time() - multiplied
    return {
        "seconds": {"formulate": spent},
        "product": product,
        "forward": forward,
        "moments": None,
        "status": f"{len(total)} monomials",
    }


def train(degrees: tuple[int, ...], width: int = 20, order: int = 1) -> dict[str, Any]:
    """Learn one instance with a single order, so that points differ in nothing else."""
    drawn = noisy_instance(degrees, 50, width)
    fit = ms.learn(drawn.network, drawn.X, drawn.Y, loss="mean_residual", method="partial", order=order)
    wanted = ("formulate", "relax", "solve", "extract")
    return {
        "seconds": {name: fit.seconds[name] for name in wanted},
        "moments": fit.sizes.get("moments"),
        "largest_block": fit.sizes.get("largest_block"),
        "order": fit.order,
        "status": fit.status.name,
        "relative_gap": fit.relative_gap,
    }


def chain(n: int) -> dict[str, Any]:
    """Minimise Broyden's tridiagonal function (More, Garbow and Hillstrom, 1981, problem 30) by the sparse method."""
    x = list(ms.variables(*(f"x{i}" for i in range(n))))
    began = time.process_time()
    steps = [(3 - 2 * x[i]) * x[i] - (x[i - 1] if i else 0) - (2 * x[i + 1] if i < n - 1 else 0) + 1 for i in range(n)]
    squares = [step * step for step in steps]
    terms = [np.concatenate([getattr(p, name) for p in squares]) for name in ("exponents", "coefficients")]
    problem = ms.Problem(ms.Polynomial.from_terms(*terms, squares[0].variables))
    formed = time.process_time() - began
    result = ms.solve(problem, method="sparse", order=2)
    return {
        "seconds": {**{name: result.seconds[name] for name in ("relax", "solve", "extract")}, "formulate": formed},
        "moments": result.sizes.get("moments"),
        "largest_block": result.sizes.get("largest_block"),
        "order": result.order,
        "status": result.status.name,
        "relative_gap": result.relative_gap,
    }


#: What is varied. The inner layers' coefficients are those that the partial hierarchy relaxes.
QUANTITIES: MappingProxyType[str, Quantity] = MappingProxyType(
    {
        "samples": Quantity("samples N, generated in chunks", (10**3, 10**4, 10**5, 10**6), stream),
        "width": Quantity("width m", (20, 50, 100, 200, 500), lambda m: train((2, 2), m)),
        "depth": Quantity("hidden layers D, degrees 1,…,1", (2, 3, 4, 5), lambda d: train((1,) * d)),
        "degree": Quantity("degree of the last activation", (1, 2, 3, 4, 5), lambda d: train((2, d))),
        "inner": Quantity("inner coefficients d, degrees d,2", (1, 2, 3, 4, 5), lambda d: train((d, 2))),
        "order": Quantity("order of the relaxation", (1, 2, 3, 4, 5), lambda k: train((2, 2), order=k)),
        "chain": Quantity("variables n of a chain, sparse method", (10, 20, 50, 100, 200), chain),
    }
)


def run(repeats: int, limit: float) -> tuple[list[dict[str, Any]], str]:
    """Return one row for each quantity, value and repeat, and a table.

    Parameters
    ----------
    repeats : int
    limit : float
        Seconds a point; a quantity is not raised further once a value exceeds it.
    """
    rows: list[dict[str, Any]] = []
    for name, quantity in QUANTITIES.items():
        for value in quantity.values:
            points = [_point(name, value, limit) for _ in range(repeats)]
            rows += [{"quantity": name, "value": value, "repeat": i, **point} for i, point in enumerate(points)]
            print(f"{name} = {value}: {points[0]}", flush=True)
            if any("seconds" not in point for point in points):
                break
    return rows, render(rows)


def _point(name: str, value: int, limit: float) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.growth", name, str(value)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        return {"status": f"over {limit:.0f} s"}
    if done.returncode:
        return {"status": f"failed: {(done.stderr.strip() or '?').splitlines()[-1][:100]}"}
    return dict(json.loads(done.stdout.splitlines()[-1]))


def measured(name: str, value: int) -> dict[str, Any]:
    """Measure one point, with the memory that it added to the process; what is imported on the way is not counted."""
    train((1, 1), 3)
    before = peak_bytes()
    busy = time.process_time()
    found = QUANTITIES[name].measure(value)
    busy = time.process_time() - busy
    return {**found, "cpu": busy, "mebibytes": (peak_bytes() - before) / _MIB}


def peak_bytes() -> int:
    """Return the most memory that this process has had; `ru_maxrss` would begin at that of the process before it."""
    with open("/proc/self/status", encoding="ascii") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def middle(rows: Sequence[dict[str, Any]], name: str, key: Callable[[dict[str, Any]], float]) -> dict[int, float]:
    """Return the median over the repeats for each value of a quantity that was measured."""
    mine = [row for row in rows if row["quantity"] == name and "seconds" in row]
    values = dict.fromkeys(row["value"] for row in mine)
    return {value: float(np.median([key(row) for row in mine if row["value"] == value])) for value in values}


def work(row: dict[str, Any]) -> float:
    """Return the processor seconds of a point; for the samples only those of the formulation."""
    return float(row["seconds"]["formulate"] if row["quantity"] == "samples" else row["cpu"])


def steps(points: dict[int, float]) -> str:
    """Return by what factor each step multiplies the value, and by what factor what was measured.

    No law is fitted: few of these lines are straight in logarithms, and some are not monotone.
    """
    pairs = pairwise(points.items())
    return ", ".join(f"×{b / a:.3g}: ×{y / x:.2g}" for (a, x), (b, y) in pairs if x > 0)


def render(rows: Sequence[dict[str, Any]]) -> str:
    """Return the table of all points, and below it by how much they grow."""
    lines, fits = [], []
    for name, quantity in QUANTITIES.items():
        times, memory = middle(rows, name, work), middle(rows, name, lambda row: float(row["mebibytes"]))
        for value in times:
            row = next(r for r in rows if r["quantity"] == name and r["value"] == value)
            phases = " / ".join(f"{row['seconds'].get(p, 0):.2g}" for p in ("formulate", "relax", "solve", "extract"))
            cells = [quantity.title, f"{value:,}", f"{times[value]:.3g}", phases, f"{memory[value]:.0f}"]
            lines.append([*cells, str(row["moments"] or ""), row["status"]])
        late = [r for r in rows if r["quantity"] == name and "seconds" not in r]
        lines += [[quantity.title, f"{r['value']:,}", "", "", "", "", r["status"]] for r in late[:1]]
        fits.append([quantity.title, steps(times), steps(memory)])
    head = ("varied", "value", "CPU s", "formulate / relax / solve / extract", "MiB added", "moments", "ended")
    note = (
        "Where nothing else is said: degrees 2,2, N = 50, m = 20, order 1 of the partial hierarchy, whether it "
        "certifies or not. Each point is measured in a process of its own; CPU s are the median over the repeats, the "
        "phases wall time of the first. For the samples the time is that of formulating, without generating them."
    )
    text = (
        note
        + "\n\n"
        + table(head, lines)
        + "\n\nBy what factor time and memory grow from each value to the next, whose own factor stands before it:\n\n"
    )
    return text + table(("varied", "time", "memory"), fits) + "\n\n" + throughput(rows)


def throughput(rows: Sequence[dict[str, Any]]) -> str:
    """Return a sentence on the largest number of samples."""
    mine = [row for row in rows if row["quantity"] == "samples" and "seconds" in row]
    if not mine:
        return ""
    largest = max(row["value"] for row in mine)
    own = [row for row in mine if row["value"] == largest]
    to_product = np.median([row["seconds"]["formulate"] / row["product"] for row in own])
    to_forward = np.median([row["seconds"]["formulate"] / row["forward"] for row in own])
    product = np.median([row["product"] for row in own])
    return (
        f"With N = {largest:,} samples, formulating takes {to_product:.2g} times as long as one product `X @ W.T` over "
        f"the same chunks ({product:.2g} s in all), and {to_forward:.2g} times as long as one pass of the network "
        "(`predict`)."
    )


def draw(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Draw time against each quantity, log-log: every repeat, and a line through the medians."""
    from matplotlib.figure import Figure

    from momentsos.plots import growth

    figure = Figure(figsize=(7.4, 9.2), layout="constrained")
    panels = list(figure.subplots(-(-len(QUANTITIES) // 2), 2).flat)
    for place, (name, quantity) in zip(panels, QUANTITIES.items(), strict=False):
        mine = [row for row in rows if row["quantity"] == name and "seconds" in row]
        values = dict.fromkeys(row["value"] for row in mine)
        times = {value: [work(row) for row in mine if row["value"] == value] for value in values}
        if times:
            growth(times, place, quantity.title)
    for unused in panels[len(QUANTITIES) :]:
        unused.set_visible(False)
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    print(json.dumps(measured(sys.argv[1], int(sys.argv[2]))))
