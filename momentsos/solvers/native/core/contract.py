r"""What an iteration asks for: the contract of both cores, that in NumPy and the compiled one.

A core has a program, an iterate of its embedding, the metric of the iterate, which is what its linear systems need, and
that of an earlier one, the anchor; and it keeps as many directions as the driver compares. The driver, `path` and
`step`, decides; a core computes. Numbers are in the units that `momentsos.solvers.native.core.iterate` has.
"""

from __future__ import annotations

from typing import Protocol

from ..arrays import Array

#: The directions that a core keeps: the predictor, and two correctors.
AFFINE, STEP, OTHER = range(3)
#: For no direction.
NONE = -1


class Core(Protocol):
    r"""An iterate, and what is asked of it.

    Attributes
    ----------
    tau, kappa : float
        Of the iterate.
    mu, primal_error, dual_error, gap, worst, objective, objective_size : float
        What `measure` found: the complementarity, the relative residuals and the largest of them, the primal objective,
        and one plus the sizes of both objectives.
    smallest_pivot, shift : float
        What `factorise` found: the smallest pivot as a share of the diagonal, and the share by which that was raised.
    has_root : bool
        Whether the Schur complement can be factored by its square root.
    roots_at_once : bool
        Whether that is done as soon as the matrix is ill-conditioned, or once refinement does not make up for it.
    """

    @property
    def tau(self) -> float:
        """See above."""

    @property
    def kappa(self) -> float:
        """See above."""

    @property
    def mu(self) -> float:
        """See above."""

    @property
    def primal_error(self) -> float:
        """See above."""

    @property
    def dual_error(self) -> float:
        """See above."""

    @property
    def gap(self) -> float:
        """See above."""

    @property
    def worst(self) -> float:
        """See above."""

    @property
    def objective(self) -> float:
        """See above."""

    @property
    def objective_size(self) -> float:
        """See above."""

    @property
    def smallest_pivot(self) -> float:
        """See above."""

    @property
    def shift(self) -> float:
        """See above."""

    @property
    def has_root(self) -> bool:
        """See above."""

    @property
    def roots_at_once(self) -> bool:
        """See above."""

    # The iterate

    def least_sizes(self) -> tuple[float, float]:
        r"""Return how large the least-squares slacks and Gram matrices are, a number of the diagonal of each.

        With :math:`B = A^\top A`, whose factor the core begins with, these are :math:`C - A B^{-1} A^\top C` and
        :math:`A B^{-1} b`, the smallest that meet the equations, in the Frobenius norm divided by the root of the sum
        of the sizes of the blocks.
        """

    def place(self, slack: float, gram: float, kappa: float) -> None:
        """Make the iterate that of these multiples of the unit of the cone, with `z = 0` and `τ = 1`.

        Raises
        ------
        numpy.linalg.LinAlgError
            When these are not in the interior.
        """

    def iterate(self) -> tuple[Array, Array, Array, float, float]:
        """Return the iterate: `z`, `S`, `X`, `τ`, `κ`."""

    def remember(self) -> None:
        """Take the iterate for the best one."""

    def best(self) -> tuple[Array, Array, Array, float, float]:
        """Return the best iterate, as `iterate` does."""

    def measure(self) -> float:
        """Compute the residuals of the iterate, and return the largest."""

    # Its metric

    def factorise(self, by_root: bool) -> None:
        """Form and factor the Schur complement at the iterate, or factor its square root.

        Raises
        ------
        numpy.linalg.LinAlgError
            When there is no factor.
        """

    def hold(self) -> None:
        """Make the metric of the iterate the anchor."""

    def repair(self, missing: Array) -> Array:
        r"""Return a change of `X` whose image under :math:`A^\top` is `missing`, in the metric of the iterate."""

    # Directions

    def linearise(self) -> None:
        """Solve for what all directions from the iterate share."""

    def direct(self, which: int, centring: float, share: float, before: int = NONE) -> None:
        """Write the direction to `centring` times `μ` that removes `share` of the residuals.

        It has the second-order terms of the direction `before`.
        """

    def longest(self, which: int) -> float:
        """Return the longest step along a direction that stays in the cone, or `rules.FURTHEST` where that is less."""

    def lacking(self, which: int, share: float) -> float:
        """Return the largest error of the dual equation, times `τ`, that a direction to remove `share` leaves."""

    def correct(self, which: int, at_anchor: bool) -> None:
        """Take from a direction what `lacking` has just found.

        In the metric of the iterate all of it is corrected, in that of the anchor `X` alone.
        """

    def move(self, which: int, length: float) -> bool:
        """Take a step along a direction; return False, and stay, where its end has no Cholesky factors."""

    # Rays

    def fall(self) -> tuple[float, float]:
        r"""Return :math:`-b^\top z`, and the sum of the sizes of its terms."""

    def gain(self) -> tuple[float, float]:
        r"""Return :math:`-\langle C, X \rangle`, and the sum of the sizes of its terms."""

    def image_size(self) -> float:
        r"""Return the largest entry of :math:`A^\top X`."""

    def nearly_in_cone(self, violation: float, share: float) -> bool:
        """Return whether no eigenvalue of `A z` is below zero by more than a violation, or a share of its entries."""
