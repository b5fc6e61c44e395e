"""The whole solve of a small program, in compiled code where that was built."""

from __future__ import annotations

import numpy as np

from ....sdp import SDP
from ..cone import Array
from ..iterate import Iterate, measure
from ..options import NativeOptions
from ..path import Ending, Run
from .small import Small, is_small, make_small

try:
    from . import embedding
except ImportError:  # built without a compiler: the iteration in NumPy does it all
    embedding = None  # type: ignore[assignment]


def follow_small(sdp: SDP, options: NativeOptions, *, tol: float, max_iterations: int, deadline: float) -> Run | None:
    """Solve a small program; None where it is not small or not plain, or nothing was compiled.

    What is not plain, a stall, a ray in sight or a matrix that cannot be factored, is left to the general way from
    the beginning, so that all such decisions are made in one place.
    """
    if embedding is None or not is_small(sdp):
        return None
    made = make_small(sdp)
    if made is None:
        return None
    small, rows = made
    core = _load(small, rows)
    unit = small.cone.identity([options.start_scale] * len(small.cone.groups))
    code = core.follow(
        np.zeros(small.elimination.n_free),
        unit,
        unit,
        options.start_scale,
        options.start_scale,
        tol=tol,
        fraction=options.step_fraction,
        refinements=options.refinements,
        correctors=options.correctors,
        max_iterations=max_iterations,
        deadline=deadline,
    )
    endings = {
        embedding.CONVERGED: Ending.CONVERGED,
        embedding.ITERATIONS: Ending.ITERATIONS,
        embedding.TIME: Ending.TIME,
    }
    if code not in endings:
        return None
    best = Iterate(*core.best_point())
    state = measure(small, best)
    if code == embedding.CONVERGED and not state.worst <= tol:
        return None
    return Run(small, best, state, endings[code], core.iteration)


def _load(small: Small, rows: Array) -> embedding.Embedding:
    """Hand a program to the compiled iteration."""
    cone = small.cone
    sizes = np.array([size for size in small.sdp.sizes if size], dtype=np.intc)
    lengths = sizes * (sizes + 1) // 2
    return embedding.Embedding(
        sizes,
        cone.upper[np.cumsum(lengths) - lengths].astype(np.intc),
        cone.upper.astype(np.intc),
        cone.lower.astype(np.intc),
        rows,
        small.constant,
        small.gradient,
        small.row_units,
        small.elimination.select(small.gradient_units),
        small.objective_shift,
        small.objective_unit,
    )
