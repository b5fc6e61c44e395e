"""The whole solve of a small program, in compiled code where that was built."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from ..dependence import SUSPICIOUS, without_dependent
from ..iterate import Iterate, measure
from ..options import NativeOptions
from ..ordering import Ordering
from ..path import Ending, Run
from ..program import Prepared
from ..start import first_point
from .small import Small, make_small, over_unknowns
from .tree import Tree, make_tree

try:
    from . import embedding, folding
except ImportError:  # built without a compiler: the iteration in NumPy does it all
    embedding = folding = None  # type: ignore[assignment]


@dataclass(frozen=True, eq=False)
class _Loaded:
    """A program in compiled code, with independent unknowns and the Schur complement of the start factored."""

    small: Small
    core: embedding.Embedding


def follow_small(
    prepared: Prepared,
    options: NativeOptions,
    ordering: Ordering | None,
    *,
    tol: float,
    max_iterations: int,
    deadline: float,
) -> Run | None:
    """Solve a small program, or a sparse one in a given order; None where it is not plain, or nothing was compiled.

    What is not plain, a ray in sight or a matrix that cannot be factored, is left to the general way from the
    beginning, so that all such decisions are made in one place. So is a stall, unless the Schur complement is sparse,
    when the general way has nothing better.
    """
    made = None if embedding is None else make_small(prepared)
    loaded = None if made is None else _loaded(*made, ordering)
    if loaded is None:
        return None
    small, core = loaded.small, loaded.core
    begin = first_point(small, core.solved, options.start_scale)
    code = core.follow(
        begin.free,
        begin.slack,
        begin.gram,
        begin.tau,
        begin.kappa,
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
    if ordering is not None:
        endings[embedding.STALLED] = Ending.STALLED
    if code not in endings:
        return None
    best = Iterate(*core.best_point())
    state = measure(small, best)
    if code == embedding.CONVERGED and not state.worst <= tol:
        return None
    return Run(small, best, state, endings[code], core.iteration)


def _loaded(small: Small, over: sp.csr_matrix, ordering: Ordering | None) -> _Loaded | None:
    """Hand a program to compiled code without the moments that depend on others; None for what is not plain."""
    if ordering is not None and ordering.order.shape[0] != over.shape[1]:
        return None
    unit = small.cone.identity([1.0] * len(small.cone.groups))
    try:
        core = _core(small, over, None if ordering is None else make_tree(ordering))
    except ValueError:  # the order is that of other blocks
        return None
    if core.open(unit) >= SUSPICIOUS:
        return _Loaded(small, core)
    if ordering is not None:
        return None
    try:
        independent, ray = without_dependent(small, core.schur())
    except np.linalg.LinAlgError:
        return None
    if ray is not None or not independent.elimination.n_free:
        return None
    if independent.elimination.kept is not None:
        core = _core(independent, over_unknowns(over, independent), None)
    return _Loaded(independent, core) if core.open(unit) > 0.0 else None


def _core(small: Small, over: sp.csr_matrix, tree: Tree | None) -> embedding.Embedding:
    """Hand a program to the compiled iteration."""
    cone = small.cone
    sizes = np.array([size for size in small.sdp.sizes if size], dtype=np.intc)
    lengths = sizes * (sizes + 1) // 2
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.intc)
    folded = folding.fold_rows(offsets, over.indptr.astype(np.intc), over.indices.astype(np.intc), over.data)
    return embedding.Embedding(
        sizes,
        cone.upper[offsets[:-1]].astype(np.intc),
        cone.upper.astype(np.intc),
        cone.lower.astype(np.intc),
        *folded,
        small.constant,
        small.gradient,
        small.row_units,
        small.elimination.select(small.gradient_units),
        small.objective_shift,
        small.objective_unit,
        tree=tree,
    )
