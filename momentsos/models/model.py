"""What a trained model of any kind has to offer, so that its activations can be learned as polynomials.

Between its activations such a model is affine. Five things are asked of one: which activations there are (`sites`),
what goes into them and what comes out at the end (`passes`), the outputs as polynomials in the coefficients that are
sought (`expanded`), and the same kind of model with polynomials in place of the activations (`with_series`, `folded`).

A new kind is one class with these five and one entry in `momentsos.models.kinds`. `momentsos.models.slices` has the
arithmetic that `expanded` needs, for arrays of NumPy and tensors of torch alike; only affine maps are left to the kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .series import Series
from .slices import Monomials
from .sought import Sought

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Site:
    """One activation of a model: a function of one number that acts on each entry of its input.

    Attributes
    ----------
    name : str
        Where it is, in the model's own words.
    title : str
        What it is: ``"Tanh"``.
    function : callable
        From an array of floats to one of the same shape.
    after : tuple of int
        The sites whose outputs its input depends on, by their place in `Model.sites`.
    """

    name: str
    title: str
    function: Callable[[Floats], Floats]
    after: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Pass:
    """What a forward pass of some samples has shown.

    Attributes
    ----------
    outputs : (n, m) array
        Without further axes: what has more is flattened, sample by sample.
    inputs : tuple of (n, units) arrays
        Of each site.
    """

    outputs: Floats
    inputs: tuple[Floats, ...]


class Model(Protocol):
    """A trained model; see the module. Nothing here changes it, or the object that it was made of."""

    @property
    def kind(self) -> str:
        """What it is made of: ``"torch"``, ``"scikit-learn"``."""

    @property
    def sites(self) -> tuple[Site, ...]:
        """The activations, each behind all on which it depends."""

    @property
    def after(self) -> tuple[int, ...]:
        """The sites on which the outputs depend, by their place."""

    def passes(self, X: NDArray[Any], series: Sequence[Series | None] | None = None) -> Iterator[Pass]:
        """Yield forward passes of chunks of the samples, in order and in double precision.

        Parameters
        ----------
        X : (N, ...) array
            Rows are samples.
        series : sequence of Series or None, optional
            What stands in place of each activation; None where it stays.

        Raises
        ------
        InvalidInput
            In one line that names the place in the model: a shape that does not match.
        """

    def expanded(self, X: NDArray[Any], sought: Sought) -> Iterator[tuple[Monomials, Floats]]:
        """Yield the outputs of chunks of samples as polynomials in the unknowns.

        Yields
        ------
        monomials : Monomials
            The same for all chunks, the constant first.
        values : (terms, n, m) array
            Their coefficients, for each sample and output.

        Raises
        ------
        InvalidInput
        """

    def with_series(self, series: Sequence[Series]) -> Any:
        """Return an object of the user's kind in which these polynomials stand in place of the activations."""

    def folded(self, series: Sequence[Series]) -> tuple[Any, tuple[int, ...]]:
        """Return what `with_series` does, with quadratic activations turned into squares, and which sites these are.

        A quadratic is :math:`a (u + b / 2a)^2 + c - b^2 / 4a`: what stands inside goes into the affine map before it,
        the rest into the one behind. Where that is not possible an activation stays as it is.
        """
