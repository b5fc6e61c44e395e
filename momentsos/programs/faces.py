r"""Faces of the cones of Gram matrices outside of which a program has no solution.

Moments `y` that vanish on all unknowns, with :math:`F_j(y) \succeq 0` and a known part of zero, show that every
solution has :math:`\langle X_j, F_j(y) \rangle = 0`: its Gram matrices live on the kernels of the :math:`F_j(y)`. The
kernels are recognised as rational; there, solutions may have room. A solution on a face is a solution, whatever led to
the face; bounds and contradictions are proved without it.

Source: Permenter and Parrilo, *Partial facial reduction*, Math. Program. 171 (2018).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..sdp import SDP, congruence, smat, svec_index
from ..sdp.exposing import RANK_TOLERANCES, orthogonal_rows, recognised
from .assemble import READINGS, Assembled, row_units
from .frames import Gram

Floats = NDArray[np.float64]
Rows = tuple[tuple[Fraction, ...], ...]


def exposed(program: Assembled, moments: Floats) -> Iterator[Assembled]:
    """Yield the programs on smaller faces that moments (scaled) may expose; others find out which one is right.

    Eigenvalues are told from zero at several levels, and entries are recognised with several denominators.
    """
    rows = np.asarray(program.sdp.operator @ moments)
    matrices = [smat(block) for block in program.sdp.split(rows)]
    units = [row_units(program, block) for block in range(len(matrices))]
    seen: list[list[Rows | None]] = []
    for level in RANK_TOLERANCES:
        for largest, near in READINGS:
            kernels = [
                _kernel(matrix, unit, level, largest, near) for matrix, unit in zip(matrices, units, strict=True)
            ]
            sizes = zip(kernels, program.sdp.sizes, strict=True)
            if kernels not in seen and any(rows is not None and len(rows) < size for rows, size in sizes):
                seen.append(kernels)
                yield _on_face(program, kernels)


def _kernel(matrix: Floats, units: Floats, level: float, largest: int, near: float) -> Rows | None:
    """Return a rational basis of the kernel in the units of the user, None where it is not recognised or everything."""
    values, vectors = np.linalg.eigh(matrix)
    span = vectors[:, values > level].T
    found = recognised(span / units, largest, near) if len(span) else None
    return None if found is None else orthogonal_rows(found, len(matrix))


def _on_face(program: Assembled, kernels: Sequence[Rows | None]) -> Assembled:
    r"""Return the program whose Gram matrices are :math:`C^\top Y C`."""
    sdp = program.sdp
    grams: list[list[Gram]] = [[] for _ in program.frames]
    operators, scales, sizes = [], [], []
    for block, (k, j) in enumerate(program.blocks):
        gram, kernel = program.frames[k].grams[j], kernels[block]
        part = sdp.operator[sdp.offsets[block] : sdp.offsets[block + 1]]
        scale = program.entry_scale[sdp.offsets[block] : sdp.offsets[block + 1]]
        if kernel is not None:
            if not kernel:
                continue
            units = row_units(program, block)
            rows = np.array([[float(value) for value in row] for row in kernel]) / units
            size = np.exp2(-np.round(np.log2(np.linalg.norm(rows, axis=1))))
            part = congruence(sp.csr_matrix(rows * size[:, None])) @ part
            first, second = svec_index(len(kernel))
            scale = size[first] * size[second]
            gram = replace(gram, combination=_composed(kernel, gram))
        grams[k].append(gram)
        operators.append(part)
        scales.append(scale)
        sizes.append(gram.size)
    n = sdp.n_moments
    operator = sp.vstack(operators).tocsr() if operators else sp.csr_matrix((0, n))
    frames = tuple(replace(frame, grams=tuple(own)) for frame, own in zip(program.frames, grams, strict=True))
    reduced = SDP(sdp.cost, sdp.equalities, sdp.right_side, operator, tuple(sizes))
    return Assembled(
        frames,
        program.unknowns,
        program.monomials,
        program.starts,
        reduced,
        program.row_scale,
        program.moment_scale,
        np.concatenate([np.zeros(0), *scales]),
    )


def _composed(kernel: Rows, gram: Gram) -> Rows:
    """Return combinations of combinations."""
    if gram.combination is None:
        return kernel
    return tuple(
        tuple(
            sum((a * row[i] for a, row in zip(each, gram.combination, strict=True)), Fraction(0))
            for i in range(len(gram.basis))
        )
        for each in kernel
    )
