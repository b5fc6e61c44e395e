"""The whole solve of a small program, in compiled code where that was built."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..cone import Array
from ..dependence import SUSPICIOUS
from ..iterate import Iterate, measure
from ..options import NativeOptions
from ..ordering import Ordering
from ..path import Ending, Run
from ..program import Prepared
from ..rays import dual_ray, primal_ray
from ..start import first_point, settle
from .small import BUILT, Small, make_small
from .tree import Tree, make_tree

try:
    from . import embedding
except ImportError:  # built without a compiler: the iteration in NumPy does it all
    embedding = None  # type: ignore[assignment]


@dataclass(frozen=True, eq=False)
class _Loaded:
    """A program of independent unknowns in compiled code, and where it starts."""

    small: Small
    core: embedding.Embedding
    begin: Iterate


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

    What is not plain, a direction that changes the objective alone or a matrix that cannot be factored, is left to the
    general way from the beginning. So is a stall of a program with a dense Schur complement, which may do better there.
    """
    small = make_small(prepared) if embedding is not None and BUILT else None
    loaded = None if small is None else _loaded(small, ordering, options.start_scale)
    if loaded is None:
        return None
    small, core, begin = loaded.small, loaded.core, loaded.begin
    found = _Rays(small, core)
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
        is_ray=found.look,
    )
    endings = {
        embedding.CONVERGED: Ending.CONVERGED,
        embedding.ITERATIONS: Ending.ITERATIONS,
        embedding.TIME: Ending.TIME,
        embedding.RAY: Ending.PRIMAL_INFEASIBLE if found.primal is None else Ending.DUAL_INFEASIBLE,
    }
    if ordering is not None:
        endings[embedding.STALLED] = Ending.STALLED
    if code not in endings:
        return None
    best = Iterate(*core.best_point())
    state = measure(small, best)
    if code == embedding.CONVERGED and not state.worst <= tol:
        return None
    return Run(small, best, state, endings[code], core.iteration, found.dual, found.primal)


@dataclass(eq=False)
class _Rays:
    """Looks at iterates of compiled code that may be rays, and keeps the one that is."""

    small: Small
    core: embedding.Embedding
    dual: tuple[Array, Array] | None = None
    primal: Array | None = None

    def look(self) -> bool:
        """Return whether the current iterate is a ray."""
        point = Iterate(*self.core.current_point())
        self.dual = dual_ray(self.small, point, self.core.repair)
        if self.dual is None:
            self.primal = primal_ray(self.small, point)
        return self.dual is not None or self.primal is not None


def _loaded(small: Small, ordering: Ordering | None, scale: float) -> _Loaded | None:
    """Hand a program to compiled code, and find where it starts; None for what is not plain."""
    return _loaded_densely(small, scale) if ordering is None else _loaded_in_order(small, ordering, scale)


def _loaded_densely(small: Small, scale: float) -> _Loaded | None:
    """Leave out the moments that depend on others first."""
    try:
        settled = settle(small, small.folded.normal_matrix())
    except np.linalg.LinAlgError:
        return None
    independent, schur = settled.program, settled.schur
    if settled.ray is not None or not independent.elimination.n_free or schur.shift > 0:
        return None
    begin = first_point(independent, schur.solve, scale)
    return _Loaded(independent, _core(independent, None), begin)


def _loaded_in_order(small: Small, ordering: Ordering, scale: float) -> _Loaded | None:
    """Hand a sparse program to compiled code, where no moment depends on others."""
    if ordering.order.shape[0] != small.over.shape[1]:
        return None
    try:
        core = _core(small, make_tree(ordering))
    except ValueError:  # the order is that of other blocks
        return None
    if not core.open(small.cone.identity([1.0] * len(small.cone.groups))) >= SUSPICIOUS:
        return None
    return _Loaded(small, core, first_point(small, core.solved, scale))


def _core(small: Small, tree: Tree | None) -> embedding.Embedding:
    """Hand a program to the compiled iteration."""
    (offsets, upper, lower), folded = small.cone.counted, small.folded
    return embedding.Embedding(
        np.array([size for size in small.cone.sizes if size], dtype=np.intc),
        upper[offsets[:-1]],
        upper,
        lower,
        folded.member,
        folded.factor,
        folded.heads,
        folded.different.indptr,
        folded.different.indices,
        folded.different.data,
        small.constant,
        small.gradient,
        small.row_units,
        small.elimination.select(small.gradient_units),
        small.objective_shift,
        small.objective_unit,
        tree=tree,
    )
