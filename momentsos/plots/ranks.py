"""Singular values of moment matrices, and where the rank rule cuts them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidInput
from ..extraction import Rank, RankRule
from ..hierarchy.result import Result
from ..machine.checks import integer
from ..relaxations import Relaxation
from .canvas import BLUE, GREEN, GREY, ORANGE, dressed, legend, on, whole_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Of the degrees, upwards; where marks lie on each other the lower degree is seen around the higher one.
_STYLES = ((BLUE, "o", 10.0), (ORANGE, "s", 7.5), (GREEN, "^", 6.0), (GREY, "D", 3.5))
#: Moment matrices of the highest degrees that are drawn.
_MOST = len(_STYLES)


def singular_values(result: Result, block: int = 0, rule: RankRule | None = None, ax: Axes | None = None) -> Axes:
    """Draw the singular values of the moment matrices of the deciding relaxation, with the rank decision.

    One series for each degree `d`: the singular values of the submatrix of monomials of degree at most `d`, divided by
    the largest one. Filled marks count, hollow ones do not; the moments are flat where two neighbouring degrees have
    the same rank.

    Parameters
    ----------
    result : Result
        Of a method with moment matrices.
    block : int
        Which moment matrix, from 0; there are several with the sparse method.
    rule : RankRule, optional
        The rule that decides, by default that of `momentsos.extraction`.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    InvalidInput
        There is no such moment matrix.
    """
    matrix, degrees = _moment_matrix(result, block)
    rule = rule or RankRule()
    ax = on(ax)
    tops = sorted({int(d) for d in degrees if d > 0})[-_MOST:] or [0]
    for top, (color, mark, side) in zip(tops, _STYLES, strict=False):
        inside = degrees <= top
        own = matrix[np.ix_(inside, inside)]
        _series(
            ax,
            np.asarray(np.linalg.svd(own, compute_uv=False), np.float64),
            rule(own),
            f"degree {top}",
            (color, mark, side),
        )
    ax.axhline(rule.noise, color=GREY, linestyle=":", linewidth=1.2, label="taken for noise below")
    ax.set_yscale("log")
    ax.set_ylim(0.1 * rule.noise, 10.0)
    whole_numbers(ax.xaxis)
    dressed(ax, _decision(result), "number of the singular value", "singular value / largest one")
    ax.set_xlim(0.5, len(matrix) + 0.5)
    return legend(ax, beside=True)


def _series(ax: Axes, values: NDArray[np.float64], rank: Rank, name: str, style: tuple[str, str, float]) -> None:
    """Draw the singular values of one matrix; what lies below the picture is drawn at its foot."""
    color, mark, side = style
    relative = np.maximum(values / (values[0] or 1.0), 1.5e-10)
    number = np.arange(1, len(values) + 1)
    doubt = ", in doubt" if rank.doubtful else ""
    ax.plot(number, relative, "-", color=color, linewidth=0.8, alpha=0.6)
    ax.plot(
        number[: rank.value],
        relative[: rank.value],
        mark,
        color=color,
        markersize=side,
        label=f"{name}: rank {rank.value}{doubt}",
    )
    ax.plot(number[rank.value :], relative[rank.value :], mark, color=color, markersize=side, markerfacecolor="white")


def _decision(result: Result) -> str:
    word = "not tested for flatness" if result.flatness is None else str(result.flatness).partition(" (")[0]
    return f"moments of order {result.order}: {word}"


def _moment_matrix(result: Result, block: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return a moment matrix of the deciding relaxation, and the degree of each of its rows."""
    if not isinstance(result, Result):
        raise InvalidInput(f"result: expected a momentsos.Result, got {type(result).__name__}")
    relaxation, solution = result.relaxation, result.solution
    if type(relaxation) is not Relaxation or solution is None or solution.moments is None:
        raise InvalidInput(f"plot: the method {result.method!r} leaves no moments; method='dense' does")
    found = [
        number for number, each in enumerate(relaxation.psd_blocks) if not each.factors and each.combinations is None
    ]
    if not found:
        raise InvalidInput("plot: this relaxation has no moment matrix in monomials")
    number = found[integer(block, "block", 0, len(found) - 1)]
    degrees = relaxation.psd_blocks[number].basis.sum(axis=1)
    return relaxation.matrix(number, solution.moments), degrees
