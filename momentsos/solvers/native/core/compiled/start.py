"""How a program comes to the compiled core: over independent moments, with the factor that the first point needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ... import rules
from ...factors.dense_factor import SchurFactor
from ...prepare.dependence import settle
from ...prepare.ordering import Ordering
from ...prepare.scaled import Prepared
from .. import compiled
from .scaled import ScaledRows, make_scaled
from .tree import Tree, make_tree


@dataclass(frozen=True, eq=False)
class Start:
    """The program without dependent moments, and its core, which has no iterate yet."""

    program: ScaledRows
    core: compiled.kernels.Iteration


def make_start(prepared: Prepared, ordering: Ordering | None) -> Start | None:
    """Hand a program to compiled code, with a sparse Schur complement where an order of elimination is given.

    None stands for what is not plain, and left to NumPy: equalities that fill the blocks, a direction that changes the
    objective alone, or a matrix that cannot be factored.
    """
    program = make_scaled(prepared)
    if program is None:
        return None
    return _start_densely(program) if ordering is None else _start_in_order(program, ordering)


def _start_densely(program: ScaledRows) -> Start | None:
    """Leave out the moments that depend on others first."""
    matrix = program.folded.normal_matrix()
    found = program.folded.independent(matrix, program.gradient)
    if found is not None:
        kept, factor = found
        program = program if kept is None else program.on(kept)
    else:
        try:
            settled = settle(program, matrix)
        except np.linalg.LinAlgError:
            return None
        program, schur = settled.program, settled.schur
        if settled.ray is not None or schur.shift > 0 or not isinstance(schur, SchurFactor):
            return None
        factor = schur.factor
    if not program.elimination.n_free:
        return None
    core = _core(program, None)
    core.load(factor)
    return Start(program, core)


def _start_in_order(program: ScaledRows, ordering: Ordering) -> Start | None:
    """Hand over a sparse program, where no moment depends on others."""
    if ordering.order.shape[0] != program.over.shape[1]:
        return None
    try:
        core = _core(program, make_tree(ordering))
    except ValueError:  # the order is that of other blocks
        return None
    return Start(program, core) if core.open() >= rules.SUSPICIOUS else None


def _core(program: ScaledRows, tree: Tree | None) -> compiled.kernels.Iteration:
    """Return the core of a program."""
    counted, folded = program.cone.counted, program.folded
    return compiled.kernels.Iteration(
        counted.sizes,
        counted.starts,
        counted.upper,
        counted.lower,
        folded.member,
        folded.factor,
        folded.heads,
        *folded.different.stored,
        program.constant,
        program.gradient,
        program.row_units,
        program.elimination.select(program.gradient_units),
        program.objective_shift,
        program.objective_unit,
        rules=rules,
        tree=tree,
    )
