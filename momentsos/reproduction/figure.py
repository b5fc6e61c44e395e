"""Figure 1: the residuals on the test pairs, one by one."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidInput
from ..plots import residual_norms
from ..plots import residuals as draw_entries
from ..plots.canvas import figure_class
from .cases import Case
from .measure import Outcome


@dataclass(frozen=True, eq=False)
class Residuals:
    """What Figure 1 shows.

    Attributes
    ----------
    title : str
    values : (N, m) array
        Learned network minus noisy target, one row a test pair.
    """

    title: str
    values: NDArray[np.float64]

    @property
    def norms(self) -> NDArray[np.float64]:
        """The Euclidean norm of each row."""
        return np.asarray(np.linalg.norm(self.values, axis=1))


def test_residuals(case: Case, outcome: Outcome) -> Residuals:
    """Return the residuals on the test pairs of a solved case.

    Raises
    ------
    InvalidInput
        When no coefficients were learned.
    """
    if outcome.coefficients is None:
        raise InvalidInput(f"figure 1: no coefficients were learned ({outcome.status}), there is nothing to draw")
    instance = case.draw()
    X, Y = case.draw_test(instance)
    values = instance.network.with_coefficients(outcome.coefficients).predict(X) - Y
    size = f"degrees {', '.join(map(str, case.degrees))}, N = {case.samples}, m = {case.width}"
    return Residuals(f"{size}, {case.law} weights, seed {case.seed}: {outcome.status}", values)


test_residuals.__test__ = False  # type: ignore[attr-defined]  # its name is no test of pytest's


def draw(residuals: Residuals, path: str | PathLike[str]) -> None:
    """Draw both panels and save the picture; its ending chooses the format.

    Raises
    ------
    InvalidInput
        When the file cannot be written.
    SolverUnavailable
        Without matplotlib.
    """
    figure = picture(residuals)
    try:
        figure.savefig(Path(path), dpi=150)
    except (OSError, ValueError) as error:
        raise InvalidInput(f"cannot write the picture {path}: {error}") from error


def picture(residuals: Residuals):  # type: ignore[no-untyped-def]  # matplotlib may be missing
    """Return the matplotlib figure: entries on the left, norms on the right, against the sample index."""
    figure = figure_class()(figsize=(9.0, 3.4), layout="constrained")
    entries, norms = figure.subplots(1, 2)
    for draw_on, axes in ((draw_entries, entries), (residual_norms, norms)):
        draw_on(residuals.values, axes)
        axes.set_xlabel("test pair")
    figure.suptitle(residuals.title, fontsize=10)
    return figure
