r"""Faces of the cones of Gram matrices outside of which a program has no solution.

Moments `y` that vanish on all unknowns, with :math:`F_j(y) \succeq 0` and a known part of zero, show that every
solution has :math:`\langle X_j, F_j(y) \rangle = 0`: its Gram matrices live on the kernels of the :math:`F_j(y)`. The
kernels are recognised as rational; there, solutions may have room. A solution on a face is a solution, whatever led to
the face; bounds and contradictions are proved without it.

Source: Permenter and Parrilo, *Partial facial reduction*, Math. Program. 171 (2018).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..certificates.faces import RANK_TOLERANCES, RECOGNISED, orthogonal_rows, recognised
from ..sdp import SDP, congruence, smat, svec_index
from .assemble import Assembled, row_units
from .frames import Gram

Floats = NDArray[np.float64]
Rows = tuple[tuple[Fraction, ...], ...]


def exposed(program: Assembled, moments: Floats) -> Assembled | None:
    """Return the program on the face that moments (scaled) expose, or None where that is no smaller one."""
    sdp = program.sdp
    rows = np.asarray(sdp.operator @ moments)
    kernels: list[Rows | None] = []
    for block, matrix in enumerate(map(smat, sdp.split(rows))):
        kernels.append(_kernel(matrix, row_units(program, block)))
    smaller = [rows is not None and len(rows) < size for rows, size in zip(kernels, sdp.sizes, strict=True)]
    return _on_face(program, kernels) if any(smaller) else None


def _kernel(matrix: Floats, units: Floats) -> Rows | None:
    """Return a rational basis of the kernel in the units of the user, None where it is not recognised or everything."""
    values, vectors = np.linalg.eigh(matrix)
    for tolerance in RANK_TOLERANCES:
        span = vectors[:, values > tolerance].T
        if not len(span):
            return None
        for largest, near in RECOGNISED:
            rows = recognised(span / units, largest, near)
            if rows is not None:
                return orthogonal_rows(rows, len(matrix))
    return None


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
