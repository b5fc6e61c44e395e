"""Trained modules of PyTorch whose activations become polynomials: scores on held-out data, statuses, seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import momentsos as ms

from .record import table

Floats = NDArray[np.float64]

#: Steps of Adam, its step length, and the width of hidden layers.
STEPS, RATE, WIDTH = 300, 1e-2, 24
#: Every how manieth sample is held out.
EVERY = 4
#: Seconds that a fit may take, as by default.
LIMIT = 60.0
#: A score within this of the original counts as near.
NEAR = 0.01


@dataclass(frozen=True, eq=False)
class Data:
    """A data set: inputs, what is true of them, and whether that are classes."""

    name: str
    X: Floats
    truth: NDArray[Any]
    classes: int


@dataclass(frozen=True)
class Task:
    """A module to be trained, and the degrees of its activations."""

    data: str
    module: str
    activation: str
    degrees: tuple[int, ...]
    labels: bool = False
    seed: int = 0

    @property
    def name(self) -> str:
        targets = ", labels" if self.labels else ""
        degrees = ",".join(map(str, self.degrees))
        return f"{self.data}, {self.module}, {self.activation}, {degrees}{targets}, seed {self.seed}"


#: What is run in short: every data set, every activation, every kind of module.
TASKS = (
    Task("digits", "MLP", "Tanh", (3, 2)),
    Task("digits", "MLP", "Tanh", (3, 2), labels=True),
    Task("digits", "MLP", "ReLU", (2, 2)),
    Task("digits", "MLP", "GELU", (4, 2)),
    Task("digits", "MLP", "Tanh", (2, 2, 2)),
    Task("digits", "MLP", "GELU", (2, 2, 2, 2)),
    Task("digits", "CNN", "Tanh", (3, 3)),
    Task("digits", "CNN", "GELU", (3, 3)),
    Task("digits", "CNN", "ReLU", (2, 2)),
    Task("breast cancer", "MLP", "Tanh", (3, 2)),
    Task("breast cancer", "MLP", "ReLU", (3, 3)),
    Task("breast cancer", "MLP", "GELU", (2, 2), labels=True),
    Task("diabetes", "MLP", "Tanh", (3, 2)),
    Task("diabetes", "MLP", "ReLU", (2, 2)),
    Task("diabetes", "MLP", "GELU", (3, 3)),
    Task("wine", "MLP", "Tanh", (3, 2)),
    Task("wine", "MLP", "ReLU", (4, 2)),
    Task("Friedman", "MLP", "Tanh", (3, 3)),
    Task("Friedman", "MLP", "ReLU", (4, 3)),
    Task("Friedman", "MLP", "GELU", (2, 2)),
)


def data_named(name: str) -> Data:
    """Return a data set with inputs in natural units."""
    from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine, make_friedman1

    if name == "digits":
        found = load_digits()
        return Data(name, found.data / 16.0, found.target, 10)
    if name == "Friedman":
        inputs, values = make_friedman1(1_000, random_state=0)
        return Data(name, 2.0 * inputs - 1.0, ((values - values.mean()) / values.std())[:, None], 0)
    found = {"breast cancer": load_breast_cancer, "diabetes": load_diabetes, "wine": load_wine}[name]()
    X = (found.data - found.data.mean(axis=0)) / found.data.std(axis=0)
    if name == "diabetes":
        return Data(name, X, ((found.target - found.target.mean()) / found.target.std())[:, None], 0)
    return Data(name, X, found.target, int(found.target.max()) + 1)


def trained(task: Task, data: Data, rows: NDArray[np.bool_]) -> tuple[Any, Floats]:
    """Return a module in evaluation mode, and the inputs in the shape that it takes."""
    import torch
    from torch import nn

    torch.manual_seed(task.seed)
    act: Callable[[], nn.Module] = getattr(nn, task.activation)
    outputs = max(data.classes, 1)
    X = data.X
    layers: list[nn.Module]
    if task.module == "CNN":
        X = X.reshape(-1, 1, 8, 8)
        first = [nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), act(), nn.AvgPool2d(2)]
        second = [nn.Conv2d(8, 16, 3, padding=1), nn.BatchNorm2d(16), act(), nn.AvgPool2d(2)]
        layers = [*first, *second, nn.Flatten(), nn.Linear(64, outputs)]
    else:
        layers = [nn.Linear(X.shape[1], WIDTH), act()]
        for _ in range(len(task.degrees) - 1):
            layers += [nn.Linear(WIDTH, WIDTH), act()]
        layers.append(nn.Linear(WIDTH, outputs))
    module = nn.Sequential(*layers)
    fed, truth = torch.tensor(X[rows], dtype=torch.float32), torch.tensor(data.truth[rows])
    loss: Any = nn.CrossEntropyLoss() if data.classes else nn.MSELoss()
    truth = truth if data.classes else truth.float()
    optimiser = torch.optim.Adam(module.parameters(), lr=RATE, weight_decay=1e-4)
    for _ in range(STEPS // 3 if task.module == "CNN" else STEPS):
        optimiser.zero_grad()
        loss(module(fed), truth).backward()
        optimiser.step()
    return module.eval(), X


def run(seeds: int) -> tuple[list[dict[str, Any]], str]:
    """Polynomialize every task, once for each seed of training."""
    rows = [measured(task) for task in _tasks(seeds)]
    return rows, _text(rows)


def _tasks(seeds: int) -> Iterator[Task]:
    for seed in range(seeds):
        for task in TASKS:
            yield Task(task.data, task.module, task.activation, task.degrees, task.labels, seed)


def measured(task: Task) -> dict[str, Any]:
    """Return what one task gave."""
    import torch

    torch.set_num_threads(1)
    data = data_named(task.data)
    held = np.arange(len(data.X)) % EVERY == 0
    module, X = trained(task, data, ~held)
    Y = data.truth[~held] if task.labels else None
    began = time.process_time()
    found = ms.polynomialize(
        module,
        X[~held],
        Y,
        degrees=task.degrees,
        truth=data.truth[~held],
        time_limit=LIMIT,
        holdout=(X[held], data.truth[held] if task.labels else None, data.truth[held]),
    )
    seconds = time.process_time() - began
    with torch.no_grad():
        rebuilt = found.model.double()(torch.tensor(X[~held])).numpy()
        own = module.double()(torch.tensor(X[~held])).numpy()
    wanted = np.eye(data.classes)[data.truth[~held]] if task.labels else own
    loss = float(((rebuilt - wanted) ** 2).mean())
    kept = {each.name: (each.accuracy if data.classes else each.r2) for each in found.report.held_out}
    row = {
        "task": task.name,
        "seconds": seconds,
        "status": found.fit.status.name,
        "relative_gap": found.fit.relative_gap,
        "lower_bound": found.fit.lower_bound,
        "upper_bound": found.fit.upper_bound,
        "rebuilt": loss,
        "losses": {each.name: each.loss for each in found.report.training},
        "scores": kept,
        "widening": found.report.widening,
        "products": found.fit.sizes.get("moments"),
    }
    print(f"{task.name}: {row['status']}, {seconds:.2f} s, {kept}", flush=True)
    return row


def _text(rows: list[dict[str, Any]]) -> str:
    head = ("task", "status", "gap", "seconds", "original", "interval", "least squares", "ours", "loss, ours over LS")
    lines = []
    for row in rows:
        scores, losses = row["scores"], row["losses"]
        gap = "" if row["relative_gap"] is None else f"{row['relative_gap']:.1e}"
        shown = [f"{scores[name]:.3f}" for name in ("original", "interval", "least squares", "ours")]
        ratio = f"{losses['ours'] / losses['least squares']:.3f}" if losses["least squares"] else ""
        lines.append((row["task"], row["status"], gap, f"{row['seconds']:.2f}", *shown, ratio))
    count = len(rows)
    certified = sum(row["status"] == "CERTIFIED" for row in rows)
    better = sum(row["scores"]["ours"] >= row["scores"]["least squares"] for row in rows)
    near = sum(row["scores"]["ours"] >= row["scores"]["original"] - NEAR for row in rows)
    apart = max(abs(row["rebuilt"] - row["losses"]["ours"]) / max(row["losses"]["ours"], 1e-300) for row in rows)
    needed = sum("was needed" in row["widening"] for row in rows)
    return (
        f"{table(head, lines)}\n\nHeld-out scores: accuracy for classes, R² against true values otherwise. "
        f"{certified} of {count} are CERTIFIED; in {better} the held-out score is at least that of least squares on "
        f"actual inputs, in {near} within {NEAR} of the original or above. A penalty on widened grids was chosen in "
        f"{needed}. Losses of the rebuilt modules, in single precision as they are, agree with those of the fit to "
        f"{apart:.1e}. The slowest took {max(row['seconds'] for row in rows):.1f} s of processor time."
    )
