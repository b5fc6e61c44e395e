r"""The quadratic whose product with a polynomial is a sum of squares, and in which room is left on both sides.

For a nonnegative form :math:`f` the program

.. math::

    \max\; s \quad\text{subject to}\quad q\, f = b^\top X b, \quad q = t^\top Q t,
    \quad X \succeq s I,\ Q \succeq s I,\ \operatorname{trace} Q = 1

is linear in `X` and `Q`. A form that :math:`\|t\|^2` makes a sum of squares has, after a change of variables, another
quadratic that does so, and no power of :math:`\|t\|^2` of small degree may. Of the `Q` that is found a rational factor
:math:`L^\top L` near to it is taken.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..polynomials import ExponentIndex, Polynomial
from ..polynomials.exponents import Exponents
from ..sdp import SDP, smat, svec, svec_index
from ..sdp.svec import svec_weights
from ..solvers import SolverOptions, solve_sdp
from .errors import CertificateError
from .faces import kernel_of
from .goal import Goal
from .shape import Shape, unit_rows

#: From this margin on there is room; so often faces are reduced before that.
_MARGIN, _FACES = 1e-7, 5
#: The entries of the factor have these binary digits behind the point, its largest one being about one.
_DIGITS = 12

Rows = tuple[tuple[Fraction, ...], ...]


@dataclass(frozen=True, eq=False)
class Quadratic:
    """Linear forms whose squares add up to the quadratic, and the shape on the face that was found on the way."""

    forms: Rows
    shape: Shape


def best_quadratic(shape: Shape, exponents: Exponents, f: Polynomial, goal: Goal) -> Quadratic:
    r"""Return linear forms :math:`l_i` such that :math:`f \sum_i l_i^2` may be a sum of squares.

    Parameters
    ----------
    shape : Shape
        Its blocks have all monomials that can occur.
    exponents : (moments, n) integer array
        The columns of its program.
    f : Polynomial
        A form, in the variables of the identity.
    goal : Goal

    Raises
    ------
    CertificateError
        There is none with room.
    """
    used = np.flatnonzero(f.support.occurs)
    against, joined = _products(f, used, exponents)
    for _ in range(_FACES):
        if goal.late or not shape.blocks:
            break
        margin, quadratic, matrices = _most_interior(shape.sdp, against, len(used), goal)
        if margin > _MARGIN:
            return Quadratic(_forms(np.where(joined, quadratic, 0.0), used, len(f.variables)), shape)
        faces = [kernel_of(matrix) for matrix in matrices]
        sizes = [block.size for block in shape.blocks]
        if all(rows is None or len(rows) == size for rows, size in zip(faces, sizes, strict=True)):
            break
        shape = shape.on_face(
            [unit_rows(range(n), n) if rows is None else rows for rows, n in zip(faces, sizes, strict=True)]
        )
    raise CertificateError("no quadratic makes it a sum of squares with room")


def _products(f: Polynomial, used: NDArray[np.intp], exponents: Exponents) -> tuple[sp.csr_matrix, NDArray[np.bool_]]:
    r"""Return the rows of :math:`L(f\, t t^\top)` over the moments, and which entries there are.

    A change of sign under which `f` stays as it is makes the others zero, and those of a best quadratic.
    """
    basis = np.eye(exponents.shape[1], dtype=np.int64)[used]
    first, second = svec_index(len(basis))
    sums = (basis[first] + basis[second])[:, None, :] + f.exponents[None, :, :]
    index = ExponentIndex.of(exponents)
    column_of = np.empty(len(exponents), dtype=np.intp)
    column_of[index.find(exponents)] = np.arange(len(exponents))
    found = index.find(sums.reshape(-1, exponents.shape[1])).reshape(len(first), len(f))
    there = np.asarray((found >= 0).all(axis=1))
    values = np.multiply.outer(svec_weights(len(basis)), f.values) * there[:, None]
    rows = np.repeat(np.arange(len(first)), len(f))
    columns = column_of[np.maximum(found, 0)].reshape(-1)
    joined = np.zeros((len(basis), len(basis)), dtype=bool)
    joined[first, second] = joined[second, first] = there
    shape = (len(first), len(exponents))
    return sp.csr_matrix((values.reshape(-1), (rows, columns)), shape=shape), joined


def _most_interior(
    sdp: SDP, against: sp.csr_matrix, size: int, goal: Goal
) -> tuple[float, NDArray[np.float64], list[NDArray[np.float64]]]:
    r"""Return the margin, the quadratic, and the matrices against it.

    The dual program has one unknown `t` more: :math:`\min t` subject to :math:`t I - L(f\, t t^\top) \succeq 0`,
    :math:`L(b b^\top) \succeq 0`, the traces of both adding up to one.
    """
    n = sdp.n_moments
    rows = [sp.hstack([sdp.operator, sp.csr_matrix((sdp.operator.shape[0], 1))])]
    rows.append(sp.hstack([-against, sp.csr_matrix(svec(np.eye(size))[:, None])]))
    operator, sizes = sp.csr_matrix(sp.vstack(rows)), (*sdp.sizes, size)
    identity = np.concatenate([svec(np.eye(own)) for own in sizes])
    program = replace(
        sdp,
        cost=np.append(np.zeros(n), 1.0),
        equalities=sp.csr_matrix(operator.T @ identity),
        right_side=np.ones(1),
        operator=operator,
        sizes=sizes,
    )
    answer = solve_sdp(goal.solver, program, SolverOptions(time_limit=goal.left()))
    if answer.moments is None or answer.gram is None:
        raise CertificateError("no solver could tell whether there is a quadratic")
    margin = float(answer.moments[-1])
    matrices = [smat(own) for own in program.split(np.asarray(operator @ answer.moments))[:-1]]
    return margin, smat(program.split(answer.gram)[-1]) + margin * np.eye(size), matrices


def _forms(quadratic: NDArray[np.float64], used: NDArray[np.intp], n: int) -> Rows:
    """Return rational linear forms whose squares add up to a multiple of the quadratic, nearly."""
    values, vectors = np.linalg.eigh(quadratic)
    root = (vectors * np.sqrt(np.maximum(values, 1e-9 * values[-1]))) @ vectors.T
    root = root / np.abs(root).max()
    rows = []
    for row in root.tolist():
        form = [Fraction(0)] * n
        for place, value in zip(used.tolist(), row, strict=True):
            form[place] = Fraction(round(value * 2**_DIGITS), 2**_DIGITS)
        rows.append(tuple(form))
    return tuple(rows)
