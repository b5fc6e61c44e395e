r"""Making a numerical identity exact: the residual is absorbed by the Gram matrices.

A solver returns multipliers with :math:`F - \gamma W = \sum_j \langle X_j, g_j B_j B_j^\top\rangle + \sum_l
\lambda_l h_l + r`, where the polynomial `r` should be zero and is not quite. Among all changes :math:`\Delta_j` of
the Gram matrices (and of the free multipliers, :math:`\gamma` among them) that remove `r`, take the one with
:math:`\|Z\|^2 = \sum_j \|X_j^{-1/2} \Delta_j X_j^{-1/2}\|_F^2` smallest. When :math:`\|Z\| < 1` all
:math:`X_j + \Delta_j` are positive definite (the Dikin ellipsoid), however small the eigenvalues of :math:`X_j`
are, and an exact identity exists. The bound that is claimed is its own: in the test :math:`\gamma` is fixed. What
rounding can hide, in `r` itself and in the data of changed variables, is
bounded entry by entry, and the bound on its :math:`\|Z\|` is part of the test.

Until the test is passed, Newton steps lead towards the maximiser of :math:`\gamma + \mu \sum_j \log\det X_j` over
all exact identities, with a :math:`\mu` a little above the solver's: the bound loses about
:math:`\mu \sum_j s_j`, and the matrices gain room (`momentsos.bounds.dense_repair`).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..sdp import (
    SDP,
    forced_zeros,
    on_moments,
    restrict,
    search_seconds,
    smat,
    spanning_moments,
    svec,
)
from ..sdp.merging import Merged
from .dense_repair import DenseEquations, DenseFactor, between
from .sparse_repair import SparseEquations, SparseFactor

#: Repair is not tried when factoring its equations would take more than this many multiplications.
MOST_WORK = 1.2e10
#: Up to this many, one matrix is always quick; beyond, fronts are taken where they need at most this share of it.
_SMALL_WORK, _SPARSE_SHARE = 3e7, 0.1
#: Rounding errors are taken to be this many units in the last place of the numbers that were added.
_ULPS = 4.0
#: Multiplications a second that are counted on before one iterate has been timed.
_RATE = 2e9
#: The barrier parameter is this many times the solver's complementarity; where that leaves too little room, these
#: shares of the bound are tried in turn.
_ROOM, _LEVELS = 5.0, (1e-14, 1e-12, 1e-10)


@dataclass(frozen=True, eq=False)
class Absorbed:
    """Multipliers and Gram matrices, and whether an exact identity is known to exist next to them.

    Attributes
    ----------
    multipliers : (p,) array
    gram : (rows,) array
    exact : bool
        Whether the defect and all rounding errors together have a step of norm below one.
    near : Near or None
        What `momentsos.bounds.rigor` goes on from. Where it is not exact, an iterate that is near an exact one but for
        what rounding may hide, if there was any.
    """

    multipliers: NDArray[np.float64]
    gram: NDArray[np.float64]
    exact: bool
    near: Near | None = field(default=None, repr=False)


@dataclass(frozen=True, eq=False)
class Near:
    """The program whose identity was looked for, and an iterate that an exact one is near to.

    Attributes
    ----------
    multipliers, gram : (p,) and (rows,) arrays
        Those of the whole program.
    merged : Merged
        The classes of moments.
    rows : (svec rows,) array
        The rows of the whole program's blocks that were not dropped.
    columns : (n,) array
        The classes that are left, of those of `merged`.
    sdp : SDP
        The program on these.
    lengths : (n,) array
        By which its equations were divided.
    roots : list of arrays
        Square roots of the Gram matrices, stacked by size as in `SDP.groups`.
    factor : DenseFactor or SparseFactor
        The equations weighted by them.
    """

    multipliers: NDArray[np.float64]
    gram: NDArray[np.float64]
    merged: Merged
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    sdp: SDP
    lengths: NDArray[np.float64]
    roots: list[NDArray[np.float64]]
    factor: DenseFactor | SparseFactor


def absorb(
    sdp: SDP,
    moments: NDArray[np.float64] | None,
    multipliers: NDArray[np.float64],
    gram: NDArray[np.float64],
    until: float = np.inf,
    most_work: float = MOST_WORK,
) -> Absorbed:
    """Look for an exact identity near a numerical one; see the module.

    Moments that equalities make multiples of each other are one (`momentsos.sdp.merging`), and rows of the Gram
    matrices that are zero in every identity (`momentsos.sdp.forced_zeros`) are set to zero first.

    Parameters
    ----------
    sdp : SDP
    moments, multipliers, gram
        Primal and dual vectors of a solution.
    until : float
        By `time.perf_counter`; no step is begun that would take longer, by an estimate or as the last one did.
    most_work : float
        Multiplications that a factorisation of the equations may take; nothing is tried where it would take more.
    """
    given = Absorbed(multipliers, gram, False)
    late = time.perf_counter() + search_seconds(sdp) > until
    if moments is None or late or not all(np.isfinite(each).all() for each in (moments, multipliers, gram)):
        return given
    with np.errstate(all="ignore"):
        try:
            return _searched(sdp, moments, multipliers, gram, until, most_work) or given
        except np.linalg.LinAlgError:  # of numbers that ran away
            return given


def _searched(
    sdp: SDP,
    moments: NDArray[np.float64],
    multipliers: NDArray[np.float64],
    gram: NDArray[np.float64],
    until: float,
    most_work: float,
) -> Absorbed | None:
    """Return multipliers and Gram matrices near which an exact identity is seen to exist, None if it is not."""
    slack = sdp.operator @ moments
    mu = _ROOM * abs(float(gram @ slack)) / sum(sdp.sizes)
    merged = Merged.of(sdp)
    if not merged.sdp.equalities[0].nnz:  # the equalities make one equal to zero
        return None
    given, multipliers = multipliers, multipliers[merged.kept]
    sdp, kept = restrict(merged.sdp, ~forced_zeros(merged.sdp))
    columns = _occurring(merged.sdp, kept)
    seen = spanning_moments(sdp)
    if seen is None:
        return None
    sdp = on_moments(sdp, seen)  # the other equations of the identity are combinations of these
    equations = _equations_of(sdp, most_work)
    if equations is None:
        return None
    size = 1.0 + abs(float(sdp.right_side @ multipliers))
    nearest: Near | None = None
    for level in (mu, *(share * size for share in _LEVELS if share * size > mu)):
        start = _raised(sdp, gram[kept], level / (float(np.abs(slack).max(initial=0.0)) or 1.0))
        found = _centred(equations, multipliers, start, level, until)
        if found is None or (nearest is not None and not found.exact):
            continue
        full = np.zeros_like(gram)
        full[kept] = found.gram
        every = merged.multipliers(found.multipliers, full)
        nearest = Near(every, full, merged, kept, columns[seen], sdp, equations.lengths, found.roots, found.factor)
        if found.exact:
            return Absorbed(every, full, True, nearest)
    return Absorbed(given, gram, False, nearest)


def _occurring(sdp: SDP, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the moments that are left when only some rows of the blocks are."""
    used = sdp.cost != 0
    for matrix in (sdp.equalities, sdp.operator[rows]):
        used[matrix.indices[matrix.data != 0]] = True
    return np.flatnonzero(used)


def _equations_of(sdp: SDP, most_work: float) -> DenseEquations | SparseEquations | None:
    """Return the equations of the identity: one matrix where it is small, else fronts; None where both are large."""
    lengths = np.sqrt(sum(np.bincount(m.indices, m.data**2, sdp.n_moments) for m in (sdp.operator, sdp.equalities)))
    lengths[lengths == 0] = 1.0
    work = DenseEquations.work_of(sdp)
    if work > _SMALL_WORK:
        order = SparseEquations.order_of(sdp)
        if order is not None and order.work < _SPARSE_SHARE * work:
            return SparseEquations.of(sdp, lengths, order) if order.work <= most_work else None
    return DenseEquations.of(sdp, lengths) if work <= most_work else None


def _raised(sdp: SDP, gram: NDArray[np.float64], least: float) -> NDArray[np.float64]:
    """Raise the eigenvalues of Gram matrices to a least value."""
    raised = np.empty_like(gram)
    for _, places in sdp.groups:
        values, vectors = np.linalg.eigh(smat(gram[places]))
        raised[places] = svec((vectors * np.maximum(values, least)[:, None, :]) @ vectors.transpose(0, 2, 1))
    return raised


@dataclass(frozen=True, eq=False)
class _Centred:
    """An iterate, the square roots of its Gram matrices, its equations, and whether it was seen to be near enough."""

    multipliers: NDArray[np.float64]
    gram: NDArray[np.float64]
    roots: list[NDArray[np.float64]]
    factor: DenseFactor | SparseFactor
    exact: bool


def _centred(
    equations: DenseEquations | SparseEquations,
    multipliers: NDArray[np.float64],
    gram: NDArray[np.float64],
    mu: float,
    until: float,
) -> _Centred | None:
    """Take Newton steps to the centre for `mu` until an exact identity is seen to exist.

    Where it is not, return the last iterate near which there would be one but for rounding, None without any.
    """
    nearest: _Centred | None = None
    sdp, seconds = equations.sdp, equations.work / _RATE
    for _ in range(equations.steps):
        started = time.perf_counter()
        roots = None if started + seconds > until else _square_roots(sdp, gram)
        if roots is None:
            break
        residual = equations.residual(multipliers, gram)
        rounding = _ULPS * np.finfo(float).eps * equations.sizes(multipliers, gram)
        factor = equations.factored(roots, mu)
        if factor is None:
            break
        needed = factor.needed(residual)
        if needed < 1.0:
            nearest = _Centred(multipliers, gram, roots, factor, needed + factor.needed_for(rounding) < 1.0)
            if nearest.exact:
                break
        step = factor.newton(residual)
        if step is None or not np.isfinite(step[1]).all():
            break
        fall = max(-float(np.linalg.eigvalsh(smat(step[1][places]))[:, 0].min()) for _, places in sdp.groups)
        length = min(1.0, 0.8 / max(1e-9, fall))
        multipliers, gram = multipliers + length * step[0], gram + length * between(sdp, roots, step[1])
        seconds = time.perf_counter() - started
    return nearest


def rounding_errors(sdp: SDP, multipliers: NDArray[np.float64], gram: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a bound on the rounding error of each entry of the residual."""
    sizes = abs(sdp.operator).T @ np.abs(gram) + abs(sdp.equalities).T @ np.abs(multipliers) + np.abs(sdp.cost)
    return _ULPS * np.finfo(float).eps * np.asarray(sizes)


def _square_roots(sdp: SDP, gram: NDArray[np.float64]) -> list[NDArray[np.float64]] | None:
    """Return the square roots of the blocks, stacked by size as in `SDP.groups`, or None where one is not definite."""
    roots = []
    for _, places in sdp.groups:
        values, vectors = np.linalg.eigh(smat(gram[places]))
        if values[:, 0].min() <= 0:
            return None
        root = (vectors * np.sqrt(values)[:, None, :]) @ vectors.transpose(0, 2, 1)
        roots.append((root + root.transpose(0, 2, 1)) / 2)
    return roots
