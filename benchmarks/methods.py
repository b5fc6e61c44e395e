"""Dense and partial hierarchy on the same data: the instances of the published tables, noise 1e-2, m = 20, N = 50."""

from __future__ import annotations

import time
from typing import Any

import momentsos as ms
from momentsos.networks.instances import noisy_instance

from .record import spread, table

FAMILIES = ((2, 2), (2, 3), (1, 1, 1), (2, 1, 1), (3, 2))
#: The dense order-3 relaxation is run on these alone; the others have 1716 to 3003 moments.
DENSE = ((2, 2), (1, 1, 1), (2, 1, 1))


def _fit(degrees: tuple[int, ...], seed: int, **options: Any) -> dict[str, Any]:
    case = noisy_instance(degrees, seed=seed)
    started = time.perf_counter()
    fit = ms.learn(case.network, case.X, case.Y, **options)
    return {
        "degrees": list(degrees),
        "seed": seed,
        "method": fit.method,
        "solver": fit.solver,
        "order": fit.order,
        "status": fit.status.name,
        "coverage": fit.coverage,
        "relative_gap": fit.relative_gap,
        "moments": fit.sizes.get("moments"),
        "seconds": {**fit.seconds, "wall": time.perf_counter() - started, "sdp": sum(a.seconds for a in fit.attempts)},
    }


def run(seeds: int) -> tuple[list[dict[str, Any]], str]:
    """Return one row a fit, and a table of medians with ratios."""
    rows, lines = [], []
    for degrees in FAMILIES:
        partial = [_fit(degrees, seed, method="partial") for seed in range(seeds)]
        rows += partial
        dense = []
        if degrees in DENSE:
            dense = [_fit(degrees, seed, method="dense", order=3) for seed in range(min(seeds, 3))]
            rows += dense
        lines.append(_line(degrees, partial, dense))
    header = (
        "degrees",
        "partial: certified",
        "order 1",
        "SDP s",
        "wall s",
        "dense order 3: certified",
        "SDP s",
        "wall s",
    )
    return rows, table((*header, "ratio SDP", "ratio wall"), lines)


def _line(degrees: tuple[int, ...], partial: list[dict[str, Any]], dense: list[dict[str, Any]]) -> list[str]:
    def share(rows: list[dict[str, Any]]) -> str:
        return f"{sum(r['status'] == 'CERTIFIED' for r in rows)}/{len(rows)}" if rows else "not run"

    def times(rows: list[dict[str, Any]], key: str) -> list[float]:
        return [row["seconds"][key] for row in rows]

    common = partial[: len(dense)]
    ratios = [
        spread(d / p for d, p in zip(times(dense, key), times(common, key), strict=True)) for key in ("sdp", "wall")
    ]
    return [
        ", ".join(map(str, degrees)),
        share(partial),
        str(sum(row["order"] == 1 for row in partial)),
        spread(times(partial, "sdp")),
        spread(times(partial, "wall")),
        share(dense),
        spread(times(dense, "sdp")),
        spread(times(dense, "wall")),
        *ratios,
    ]
