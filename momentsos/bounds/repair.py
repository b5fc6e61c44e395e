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
:math:`\mu \sum_j s_j`, and the matrices gain room. With :math:`A` the operator weighted by the :math:`X_j^{1/2}`, a
step solves :math:`\min_y \tfrac12 \|A y - \mu I\|^2 + \mu\, r^\top y` subject to :math:`E y = d`, and
:math:`\Delta_j = X_j^{1/2} (I - (A y)_j / \mu) X_j^{1/2}`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.linalg
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
from ..sdp.svec import svec_index, svec_weights
from ..sdp.triangles import Factored, triangle_of_columns
from .sparse_repair import SparseEquations

#: Repair is not tried when its least-squares problem would take more than this many multiplications.
_MOST_WORK = 1.2e10
#: Up to this many, one matrix is always quick; beyond, fronts are taken where they need at most this share of it.
_SMALL_WORK, _SPARSE_SHARE = 3e7, 0.1
#: Rounding errors are taken to be this many units in the last place of the numbers that were added.
_ULPS = 4.0
#: Numbers that are weighted at a time (8 bytes each): more would be mapped anew by each operation, which costs more.
_ENTRIES = 2**13
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
    """

    multipliers: NDArray[np.float64]
    gram: NDArray[np.float64]
    exact: bool


def absorb(
    sdp: SDP,
    moments: NDArray[np.float64] | None,
    multipliers: NDArray[np.float64],
    gram: NDArray[np.float64],
    until: float = np.inf,
) -> Absorbed:
    """Look for an exact identity near a numerical one; see the module.

    Rows of the Gram matrices that are zero in every identity (`momentsos.sdp.forced_zeros`) are set to zero first.

    Parameters
    ----------
    sdp : SDP
    moments, multipliers, gram
        Primal and dual vectors of a solution.
    until : float
        When, by `time.perf_counter`, no further step is begun.
    """
    given = Absorbed(multipliers, gram, False)
    late = time.perf_counter() + search_seconds(sdp) > until
    if moments is None or late or not all(np.isfinite(each).all() for each in (moments, multipliers, gram)):
        return given
    with np.errstate(all="ignore"):
        try:
            return _searched(sdp, moments, multipliers, gram, until) or given
        except np.linalg.LinAlgError:  # of numbers that ran away
            return given


def _searched(
    sdp: SDP,
    moments: NDArray[np.float64],
    multipliers: NDArray[np.float64],
    gram: NDArray[np.float64],
    until: float,
) -> Absorbed | None:
    """Return multipliers and Gram matrices near which an exact identity is seen to exist, None if it is not."""
    slack = sdp.operator @ moments
    mu = _ROOM * abs(float(gram @ slack)) / sum(sdp.sizes)
    sdp, kept = restrict(sdp, ~forced_zeros(sdp))
    seen = spanning_moments(sdp)
    if seen is None:
        return None
    sdp = on_moments(sdp, seen)  # the other equations of the identity are combinations of these
    equations = _equations_of(sdp)
    if equations is None:
        return None
    size = 1.0 + abs(float(sdp.right_side @ multipliers))
    for level in (mu, *(share * size for share in _LEVELS if share * size > mu)):
        start = _raised(sdp, gram[kept], level / max(float(np.abs(slack).max()), 1e-300))
        found = _centred(equations, multipliers, start, level, until)
        if found is not None:
            full = np.zeros_like(gram)
            full[kept] = found[1]
            return Absorbed(found[0], full, True)
    return None


def _equations_of(sdp: SDP) -> _Equations | SparseEquations | None:
    """Return the equations of the identity: one matrix where it is small, else fronts; None where both are large."""
    lengths = np.sqrt(sum(np.bincount(m.indices, m.data**2, sdp.n_moments) for m in (sdp.operator, sdp.equalities)))
    lengths[lengths == 0] = 1.0
    work = float(sdp.operator.shape[0] + sdp.equalities.shape[0]) * sdp.n_moments**2
    if work > _SMALL_WORK:
        order = SparseEquations.order_of(sdp)
        if order.work < _SPARSE_SHARE * work:
            return SparseEquations.of(sdp, lengths, order) if order.work <= _MOST_WORK else None
    return _Equations.of(sdp, lengths) if work <= _MOST_WORK else None


@dataclass(frozen=True, eq=False)
class _Equations:
    """The equations of the identity, each divided by its length, and all solutions of `E y = d`.

    `operator` and `equalities` are those of the program, as they are.
    """

    steps: ClassVar[int] = 15
    sdp: SDP
    lengths: NDArray[np.float64]
    operator: NDArray[np.float64]
    equalities: NDArray[np.float64]
    free: NDArray[np.float64]
    particular: NDArray[np.float64]
    kernel: NDArray[np.float64]

    @classmethod
    def of(cls, sdp: SDP, lengths: NDArray[np.float64]) -> _Equations:
        """Prepare the equations of a program."""
        operator, equalities = sdp.operator.toarray(), sdp.equalities.toarray()
        free = equalities / lengths
        return cls(sdp, lengths, operator, equalities, free, *_solutions(free, sdp.right_side))

    def residual(self, multipliers: NDArray[np.float64], gram: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the defect of each equation."""
        return (self.sdp.cost - multipliers @ self.equalities - gram @ self.operator) / self.lengths

    def sizes(self, multipliers: NDArray[np.float64], gram: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum of the absolute terms of each residual."""
        sums = np.abs(multipliers) @ np.abs(self.equalities) + np.abs(gram) @ np.abs(self.operator)
        return (sums + np.abs(self.sdp.cost)) / self.lengths

    def weighted(self, roots: list[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
        """Return the weighted operator, in one piece."""
        rows = _weighted_operator(self.sdp, self.operator, roots)
        rows /= self.lengths
        return [rows]

    def exists(
        self, weighted: list[NDArray[np.float64]], residual: NDArray[np.float64], rounding: NDArray[np.float64]
    ) -> bool:
        """Whether the step that removes the residual and the one that rounding may need have norms below one together.

        The bound is fixed: the normalisation, the first equality, takes no part.
        """
        stacked = np.concatenate([rows.T for rows in (*weighted, self.free[1:])], axis=1).T  # in the order of LAPACK
        return _exists(stacked, residual, np.diag(rounding))

    def newton(
        self, weighted: list[NDArray[np.float64]], residual: NDArray[np.float64], mu: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], float] | None:
        """Return the changes of multipliers and of the weighted Gram matrices, and how fast these leave the cone."""
        return _newton(self.sdp, weighted[0], residual, mu, self.particular, self.kernel, self.free)


def _raised(sdp: SDP, gram: NDArray[np.float64], least: float) -> NDArray[np.float64]:
    """Raise the eigenvalues of Gram matrices to a least value."""
    raised = np.empty_like(gram)
    for _, places in sdp.groups:
        values, vectors = np.linalg.eigh(smat(gram[places]))
        raised[places] = svec((vectors * np.maximum(values, least)[:, None, :]) @ vectors.transpose(0, 2, 1))
    return raised


def _centred(
    equations: _Equations | SparseEquations,
    multipliers: NDArray[np.float64],
    gram: NDArray[np.float64],
    mu: float,
    until: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Take Newton steps to the centre for `mu` until an exact identity is seen to exist; None if it is not."""
    sdp = equations.sdp
    for _ in range(equations.steps):
        roots = _square_roots(sdp, gram)
        if roots is None or time.perf_counter() > until:
            return None
        residual = equations.residual(multipliers, gram)
        rounding = _ULPS * np.finfo(float).eps * equations.sizes(multipliers, gram)
        weighted = equations.weighted(roots)
        if equations.exists(weighted, residual, rounding):
            return multipliers, gram
        step = equations.newton(weighted, residual, mu)
        if step is None:
            return None
        length = min(1.0, 0.8 / max(1e-9, step[2]))
        multipliers, gram = multipliers + length * step[0], gram + length * _between(sdp, roots, step[1])
    return None


def _solutions(
    free: NDArray[np.float64], right: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a solution of `E y = d` and an orthonormal basis of the kernel of `E`."""
    u, s, vt = np.linalg.svd(free, full_matrices=True)
    rank = int((s > 1e-12 * s[0]).sum()) if s.size else 0
    particular = vt[:rank].T @ ((u.T[:rank] @ right) / s[:rank])
    return particular, vt[rank:].T


def _newton(
    sdp: SDP,
    weighted: NDArray[np.float64],
    residual: NDArray[np.float64],
    mu: float,
    particular: NDArray[np.float64],
    kernel: NDArray[np.float64],
    free: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], float] | None:
    """Return the changes of multipliers and of the weighted Gram matrices, and how fast the latter leave the cone."""
    identity = np.empty(len(weighted))
    for size, places in sdp.groups:
        identity[places] = svec(np.eye(size))
    if len(weighted) < kernel.shape[1]:
        return None
    factored = Factored.of(weighted @ kernel)
    r = factored.triangle
    if _is_singular(r):
        return None
    pull = scipy.linalg.solve_triangular(r, kernel.T @ residual, trans="T", check_finite=False)
    goal = factored.project(mu * identity - weighted @ particular) - mu * pull
    z = scipy.linalg.solve_triangular(r, goal, check_finite=False)
    change = identity - weighted @ (particular + kernel @ z) / mu
    # The division by mu has lifted rounding errors; the smallest correction restores A^T Z + E^T l = r.
    factored = Factored.of(np.concatenate([weighted, free]))
    if _is_singular(factored.triangle) or not np.isfinite(change).all():
        return None
    multipliers = np.linalg.lstsq(free.T, residual - weighted.T @ change, rcond=None)[0]
    defect = residual - weighted.T @ change - free.T @ multipliers
    shortest = scipy.linalg.solve_triangular(factored.triangle, defect, trans="T", check_finite=False)
    correction = factored.expand(shortest)
    change = change + correction[: len(weighted)]
    multipliers = multipliers + correction[len(weighted) :]
    fall = max(-float(np.linalg.eigvalsh(smat(change[places]))[:, 0].min()) for _, places in sdp.groups)
    return multipliers, change, fall


def rounding_errors(sdp: SDP, multipliers: NDArray[np.float64], gram: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a bound on the rounding error of each entry of the residual."""
    sizes = abs(sdp.operator).T @ np.abs(gram) + abs(sdp.equalities).T @ np.abs(multipliers) + np.abs(sdp.cost)
    return _ULPS * np.finfo(float).eps * np.asarray(sizes)


def _exists(stacked: NDArray[np.float64], residual: NDArray[np.float64], rounding: NDArray[np.float64]) -> bool:
    """Whether the step that removes the residual and the one that rounding may need have norms below one together."""
    n = stacked.shape[1]
    r = triangle_of_columns(stacked)
    if len(r) < n or _is_singular(r):
        return False
    errors = np.column_stack([residual, rounding])
    needed = scipy.linalg.solve_triangular(r, errors, trans="T", check_finite=False)
    return bool(np.linalg.norm(needed[:, 0]) + np.linalg.norm(needed[:, 1:]) < 1.0)


def _is_singular(triangle: NDArray[np.float64]) -> bool:
    """Whether a triangular factor has a pivot that rounding makes of zero, or one that is not a number."""
    pivots = np.abs(np.diag(triangle))
    return not pivots.min(initial=1.0) > 1e-16 * pivots.max(initial=1.0)


def _square_roots(sdp: SDP, gram: NDArray[np.float64]) -> list[NDArray[np.float64]] | None:
    """Return the square roots of the blocks, stacked by size as in `SDP.groups`, or None where one is not definite."""
    roots = []
    for _, places in sdp.groups:
        values, vectors = np.linalg.eigh(smat(gram[places]))
        if values[:, 0].min() <= 0:
            return None
        roots.append((vectors * np.sqrt(values)[:, None, :]) @ vectors.transpose(0, 2, 1))
    return roots


def _between(sdp: SDP, roots: list[NDArray[np.float64]], rows: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Return the svec rows of :math:`X_j^{1/2} M_j X_j^{1/2}` for those of the :math:`M_j`."""
    result = np.empty_like(rows)
    for (_, places), root in zip(sdp.groups, roots, strict=True):
        result[places] = svec(root @ smat(rows[places]) @ root)
    return result


def _weighted_operator(
    sdp: SDP, operator: NDArray[np.float64], roots: list[NDArray[np.float64]]
) -> NDArray[np.float64]:
    r"""Return the svec rows of :math:`X_j^{1/2} F_{j\alpha} X_j^{1/2}`, shape (rows, moments)."""
    result = np.zeros(operator.shape)
    for (size, places), stack in zip(sdp.groups, roots, strict=True):
        first, second = svec_index(size)
        weights = svec_weights(size)[:, None]
        step = max(1, _ENTRIES // (places.shape[1] * sdp.n_moments))
        for start in range(0, len(places), step):
            chosen, root = places[start : start + step], stack[start : start + step]
            part = operator[chosen.reshape(-1)]
            columns = np.flatnonzero(part.any(axis=0))
            if not columns.size:  # the blocks of a constraint 0 >= 0
                continue
            few = len(columns) < sdp.n_moments
            rows = (part[:, columns] if few else part).reshape(*chosen.shape, -1) / weights
            full = np.empty((len(chosen), size, size, rows.shape[2]))
            full[:, first, second] = full[:, second, first] = rows
            both = root[:, None] @ (root[:, None] @ full).transpose(0, 2, 1, 3)  # matrices and roots are symmetric
            where = chosen.reshape(-1)
            result[np.ix_(where, columns) if few else where] = (both[:, first, second] * weights).reshape(
                len(where), -1
            )
    return result
