"""The whole solve of a small program, in compiled code where that was built."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .....machine.compiled import uses_compiled
from ...arrays import Array
from ...factors.dense_factor import SchurFactor
from ...options import NativeOptions
from ...path import Ending, Run
from ...prepare.dependence import SUSPICIOUS, settle
from ...prepare.ordering import Ordering
from ...prepare.scaled import Prepared
from ...rays import dual_ray, primal_ray
from ...start import LARGEST, LEAST_GRAM, LEAST_SLACK
from .. import compiled
from ..iterate import Iterate, measure
from .scaled import ScaledRows, make_scaled
from .tree import Tree, make_tree


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
    stated = make_scaled(prepared) if uses_compiled() else None
    loaded = None if stated is None else load(stated, ordering)
    if loaded is None:
        return None
    small, core = loaded
    core.begin(options.start_scale, LEAST_SLACK, LEAST_GRAM, LARGEST)
    found = _Rays(small, core)
    code = core.follow(
        tol=tol,
        fraction=options.step_fraction,
        refinements=options.refinements,
        correctors=options.correctors,
        max_iterations=max_iterations,
        deadline=deadline,
        is_ray=found.look,
    )
    kernels = compiled.kernels
    endings = {
        kernels.CONVERGED: Ending.CONVERGED,
        kernels.ITERATIONS: Ending.ITERATIONS,
        kernels.TIME: Ending.TIME,
        kernels.RAY: Ending.PRIMAL_INFEASIBLE if found.primal is None else Ending.DUAL_INFEASIBLE,
    }
    if ordering is not None:
        endings[kernels.STALLED] = Ending.STALLED
    if code not in endings:
        return None
    best = Iterate(*core.best_point())
    state = measure(small, best)
    if code == kernels.CONVERGED and not state.worst <= tol:
        return None
    return Run(small, best, state, endings[code], core.iteration, found.dual, found.primal)


@dataclass(eq=False)
class _Rays:
    """Looks at iterates of compiled code that may be rays, and keeps the one that is."""

    small: ScaledRows
    core: compiled.kernels.Embedding
    dual: tuple[Array, Array] | None = None
    primal: Array | None = None

    def look(self) -> bool:
        """Return whether the current iterate is a ray."""
        point = Iterate(*self.core.current_point())
        self.dual = dual_ray(self.small, point, self.core.repair)
        if self.dual is None:
            self.primal = primal_ray(self.small, point)
        return self.dual is not None or self.primal is not None


def load(small: ScaledRows, ordering: Ordering | None) -> tuple[ScaledRows, compiled.kernels.Embedding] | None:
    """Hand a program to compiled code, over independent unknowns; None for what is not plain."""
    return _loaded_densely(small) if ordering is None else _loaded_in_order(small, ordering)


def _loaded_densely(small: ScaledRows) -> tuple[ScaledRows, compiled.kernels.Embedding] | None:
    """Leave out the moments that depend on others first."""
    matrix = small.folded.normal_matrix()
    found = small.folded.independent(matrix, small.gradient)
    if found is not None:
        kept, factor = found
        small = small if kept is None else small.on(kept)
    else:
        try:
            settled = settle(small, matrix)
        except np.linalg.LinAlgError:
            return None
        small, schur = settled.program, settled.schur
        if settled.ray is not None or schur.shift > 0 or not isinstance(schur, SchurFactor):
            return None
        factor = schur.factor
    if not small.elimination.n_free:
        return None
    core = _core(small, None)
    core.load(factor)
    return small, core


def _loaded_in_order(small: ScaledRows, ordering: Ordering) -> tuple[ScaledRows, compiled.kernels.Embedding] | None:
    """Hand a sparse program to compiled code, where no moment depends on others."""
    if ordering.order.shape[0] != small.over.shape[1]:
        return None
    try:
        core = _core(small, make_tree(ordering))
    except ValueError:  # the order is that of other blocks
        return None
    return (small, core) if core.open() >= SUSPICIOUS else None


def _core(small: ScaledRows, tree: Tree | None) -> compiled.kernels.Embedding:
    """Hand a program to the compiled iteration."""
    (offsets, upper, lower), folded = small.cone.counted, small.folded
    return compiled.kernels.Embedding(
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
