"""How many instances each method has solved after how much time, as one picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .searches import SEARCHES

_COLORS = {
    "momentsos": "black",
    "SCIP": "C3",
    "Levenberg-Marquardt": "C0",
    "SLSQP": "C1",
    "Levenberg-Marquardt, SLSQP": "C2",
    "L-BFGS (torch)": "C4",
    "Adam (torch)": "C5",
}


def draw(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Draw one panel a loss: the share of the instances whose optimum was found, against processor seconds."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 5.6), layout="constrained")
    panels = figure.subplots(1, len(SEARCHES), sharey=True)
    end = 1.3 * max(row["seconds"] for row in rows)
    for panel, loss in zip(panels, SEARCHES, strict=True):
        mine = [row for row in rows if row["loss"] == loss]
        for tool in dict.fromkeys(row["tool"] for row in mine):
            own = [row for row in mine if row["tool"] == tool]
            times = sorted(row["first"] for row in own if row["first"] is not None)
            shares = [i / len(own) for i in range(len(times) + 1)]
            label = f"{tool}{', with proof' if tool == 'momentsos' else ''}: {len(times)} of {len(own)}"
            style = {"linewidth": 2.6, "zorder": 5} if tool == "momentsos" else {"linewidth": 1.5}
            panel.step(
                [1e-4, *times, end], [*shares, shares[-1]], where="post", color=_COLORS[tool], label=label, **style
            )
        panel.set_xscale("log")
        panel.set_xlim(5e-4, end)
        panel.set_ylim(-0.03, 1.05)
        panel.set_xlabel("processor seconds on an instance")
        panel.set_title({"mean_residual": "largest mean residual", "mse": "mean squared error"}[loss])
        panel.grid(alpha=0.25)
        panel.legend(frameon=False, fontsize=9, loc="upper center", bbox_to_anchor=(0.5, -0.14), ncol=2)
    panels[0].set_ylabel("share of instances whose optimum was found")
    figure.savefig(path, dpi=110)
