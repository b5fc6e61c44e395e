"""The arithmetic of a product of cones in NumPy: factors, products and step lengths, one call a group of blocks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .....machine.compiled import uses_compiled
from ... import rules
from ...arrays import Array
from ...prepare.cone import Cone
from .. import compiled


@dataclass(frozen=True, eq=False)
class Factor:
    """Cholesky factors of a point in the interior, and their inverses, one stack a group."""

    lower: tuple[Array, ...]
    inverse: tuple[Array, ...]


def factor_blocks(cone: Cone, *points: Array) -> list[Factor]:
    """Return the Cholesky factors of all blocks of several points.

    Raises
    ------
    numpy.linalg.LinAlgError
        When a block is not positive definite.
    """
    lower: list[list[Array]] = [[] for _ in points]
    inverse: list[list[Array]] = [[] for _ in points]
    for group in cone.groups:
        stack = np.concatenate([group.view(point) for point in points])
        if group.size == 1:
            if not stack.min(initial=np.inf) > 0:
                raise np.linalg.LinAlgError("a number of the linear cone is not positive")
            root = np.sqrt(stack)
            back = 1.0 / root
        else:
            root = np.linalg.cholesky(stack)
            back = np.linalg.inv(root)
        for i in range(len(points)):
            part = slice(i * group.count, (i + 1) * group.count)
            lower[i].append(root[part])
            inverse[i].append(back[part])
    return [Factor(tuple(a), tuple(b)) for a, b in zip(lower, inverse, strict=True)]


def invert(cone: Cone, factor: Factor) -> Array:
    r"""Return the flat vector of the inverses :math:`L^{-\top} L^{-1}`."""
    flat = np.empty(cone.dimension)
    for group, root in zip(cone.groups, factor.inverse, strict=True):
        np.matmul(root.swapaxes(1, 2), root, out=group.view(flat))
    return flat


def product(cone: Cone, left: Array, middle: Array, right: Array) -> Array:
    """Return the symmetric part of `left @ middle @ right`, block by block."""
    flat = np.empty(cone.dimension)
    for group in cone.groups:
        a, b, c = group.view(left), group.view(middle), group.view(right)
        if group.size == 1:
            group.view(flat)[:] = a * b * c
            continue
        full = a @ b @ c
        np.add(full, full.swapaxes(1, 2), out=group.view(flat))
        group.view(flat)[:] *= 0.5
    return flat


def longest_step(cone: Cone, *moves: tuple[Factor, Array]) -> float:
    """Return the largest `t` with `point + t direction` in the cone for all pairs, or infinity."""
    lowest, precision = 0.0, rules.EIGENVALUE_PRECISION
    for j, group in enumerate(cone.groups):
        if uses_compiled() and group.size <= rules.LARGEST_COMPILED_BLOCK:
            for factor, direction in moves:
                lowest = compiled.kernels.lowest_eigenvalue(factor.inverse[j], group.view(direction), lowest, precision)
            continue
        roots = np.concatenate([factor.inverse[j] for factor, _ in moves])
        stack = np.concatenate([group.view(direction) for _, direction in moves])
        if group.size == 1:
            lowest = min(lowest, float((stack * roots * roots).min()))
        else:
            scaled = roots @ stack @ roots.swapaxes(1, 2)
            lowest = min(lowest, float(np.linalg.eigvalsh(scaled)[:, 0].min()))
    return -1.0 / lowest if lowest < 0 else np.inf
