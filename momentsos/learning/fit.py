"""What `learn` returns: a result with the network that it describes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import BadOption, InvalidInput
from ..hierarchy.hooks import PAINTER
from ..hierarchy.result import Result
from ..machine.documents import write_document
from ..machine.notebooks import Row
from .blocks import Step
from .data import checked_data
from .fit_document import FIT, fit_document
from .formulate import Formulation, Goal, formulated
from .identifiability import Identifiability
from .network import PolynomialNetwork
from .report import Report, report


@dataclass(frozen=True, eq=False, repr=False)
class Fit(Result):
    """A result with the network that it describes.

    Attributes
    ----------
    network : PolynomialNetwork
        The network with the learned coefficients; without any when no feasible point was found.
    coefficients : list of (d_l + 1,) arrays or None
        In ascending powers.
    formulation : Formulation or None
        What was relaxed; for losses of all samples the reduction that gave the lower bound.
    identifiability : Identifiability or None
        Which of the coefficients the data determine, at the learned ones; None without any.
    steps : tuple of Step
        With ``method="blocks"``: what is proved of each block of layers, the others as they are. `problem`,
        `formulation` and `minimizers` are those of the last layer then. Steps are not written to files.
    """

    network: PolynomialNetwork | None = None
    coefficients: list[NDArray[np.float64]] | None = None
    formulation: Formulation | None = None
    identifiability: Identifiability | None = None
    steps: tuple[Step, ...] = ()

    def report(self, X: ArrayLike, Y: ArrayLike) -> Report:
        """Return what the fit says beside its loss, as one record and one table; see `momentsos.learning.report`.

        Parameters
        ----------
        X : (N, m_0) array
        Y : (N, m_{D+1}) array, or (N,) class labels
            The data that it was learned from.

        Raises
        ------
        InvalidInput
            No coefficients were learned, or the data do not match.
        """
        if self.network is None or self.coefficients is None or self.formulation is None:
            raise InvalidInput("report: no coefficients were learned, there is nothing to report")
        inputs, targets = checked_data(self.network, X, Y)
        same = replace(self.network, coefficients=None, normalisation=self.formulation.network.chart or "none")
        squared = formulated(same, inputs, targets, Goal.of("mse"))
        outcome = (self.status, self.lower_bound, self.upper_bound)
        return report(self.network, self.formulation, squared, outcome, inputs, targets)

    def certify(self, exact: bool = True, **options: Any) -> Any:
        """Prove the bound from the dual side, as of every `Result`; what was trained in blocks is proved by block.

        Raises
        ------
        BadOption
            Of a fit with ``method="blocks"``: each of `steps` has a result, whose `certify` proves it.
        """
        if self.method == "blocks":
            raise BadOption("this fit was trained in blocks: fit.steps[0].result.certify() proves what holds for one")
        return super().certify(exact, **options)

    def to_json(self, path: str | PathLike[str]) -> None:
        """Write the fit to a file, from which `momentsos.load` reads it whole; see `Result.to_json`.

        Raises
        ------
        InvalidInput
            The file cannot be written, or the network has functions that are not known by name.
        """
        write_document(path, FIT, fit_document(self))

    def plot(
        self,
        kind: str = "activations",
        ax: Any = None,
        *,
        X: ArrayLike | None = None,
        Y: ArrayLike | None = None,
        originals: Any = None,
    ) -> Any:
        """Draw the fit.

        Parameters
        ----------
        kind : str
            ``"activations"``, ``"residuals"`` or ``"residual_norms"`` on data as in Figure 1 of the paper, or a kind
            that every `Result` has.
        ax : matplotlib Axes, or array of them for activations, one a layer; optional
            Where to draw; by default on a new figure.
        X : (N, m_0) array, optional
            For activations: the data, which say over what range they are drawn and with which density of inputs.
        Y : (N, m_{D+1}) array, or (N,) class labels, optional
            For residuals.
        originals : callable, or sequence of callables and arrays, optional
            For activations: what each is compared with; see `momentsos.plots.activations`.

        Returns
        -------
        Axes, or array of Axes for activations

        Raises
        ------
        BadOption, InvalidInput, SolverUnavailable
            There is no such kind, nothing to draw, data are missing or do not match, or no matplotlib.
        """
        return PAINTER(self, kind, ax, X=X, Y=Y, originals=originals)

    def _more_rows(self) -> list[Row]:
        return [
            (f"coefficients of layer {number}", np.array2string(c, precision=6, threshold=12))
            for number, c in enumerate(self.coefficients or (), start=1)
        ]

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON object of a result, with the coefficients."""
        learned = None if self.coefficients is None else [c.tolist() for c in self.coefficients]
        known = self.identifiability
        undetermined = None if known is None else list(known.undetermined)
        return {**super().as_dict(), "coefficients": learned, "undetermined": undetermined}
