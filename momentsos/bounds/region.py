"""The set on which a lower bound holds, as data."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..machine.records import Record
from ..polynomials import Polynomial
from ..problem import Problem, Sense

Floats = NDArray[np.float64]
#: A point at which the constraint of a ball, one minus a sum of squares, is less than this is at its wall.
WALL = 0.02


class Region(Record, ABC):
    """The set on which a bound holds, in the user's variables and units; its text is `str`.

    Attributes
    ----------
    kind : str
        ``"everything"``, ``"ball"``, ``"balls"`` or ``"box"``.
    """

    kind: ClassVar[str]

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return False

    @abstractmethod
    def contains(self, point: Floats) -> bool:
        """Whether a point lies in it."""

    def at_the_wall(self, point: Floats) -> bool:
        """Whether a point is so near to the wall of a ball that it may be there for the wall alone."""
        return False

    @abstractmethod
    def as_dict(self) -> dict[str, Any]:
        """Return it as a JSON object."""


@dataclass(frozen=True, repr=False)
class Everything(Region):
    """All of R^n: the bound holds on the whole feasible set."""

    kind: ClassVar[str] = "everything"

    @property
    def everything(self) -> bool:
        """See `Region`."""
        return True

    def contains(self, point: Floats) -> bool:
        """See `Region`."""
        return True

    def as_dict(self) -> dict[str, Any]:
        """See `Region`."""
        return {"kind": self.kind}

    def __str__(self) -> str:
        return "all of R^n"


#: The only one there is.
EVERYTHING = Everything()


@dataclass(frozen=True, repr=False)
class Ball(Region):
    r"""The ball, or ellipsoid, :math:`\sum_i (x_i / r_i)^2 \le 1` around the origin.

    Attributes
    ----------
    half_axes : tuple of float
        The :math:`r_i`, in the units of the variables.
    """

    half_axes: tuple[float, ...]
    kind: ClassVar[str] = "ball"

    @classmethod
    def of(cls, half_axes: Floats) -> Ball:
        """Return the ellipsoid of these half-axes."""
        return cls(tuple(np.asarray(half_axes, dtype=np.float64).tolist()))

    def contains(self, point: Floats) -> bool:
        """See `Region`."""
        return float(((np.asarray(point) / self.half_axes) ** 2).sum()) <= 1.0

    def at_the_wall(self, point: Floats) -> bool:
        """See `Region`."""
        return float(((np.asarray(point) / self.half_axes) ** 2).sum()) > 1.0 - WALL

    def as_dict(self) -> dict[str, Any]:
        """See `Region`."""
        return {"kind": self.kind, "centre": [0.0] * len(self.half_axes), "half_axes": list(self.half_axes)}

    def restrict(self, problem: Problem) -> Problem:
        r"""Return `problem` with the constraint :math:`1 - \sum_i (x_i / r_i)^2 \ge 0` as its last inequality."""
        return restricted(problem, (tuple(range(problem.n_variables)),), self.half_axes)

    def __str__(self) -> str:
        if np.allclose(self.half_axes, self.half_axes[0]):
            return f"the ball of radius {self.half_axes[0]:.6g} around the origin"
        axes = ", ".join(f"{axis:.4g}" for axis in self.half_axes)
        return f"the ellipsoid around the origin with half-axes {axes}"


@dataclass(frozen=True, repr=False)
class Balls(Region):
    r"""One ball, or ellipsoid, around the origin in each of some groups of variables.

    Attributes
    ----------
    groups : tuple of tuple of int
        The variables of each group.
    half_axes : tuple of float
        In the units of the variables, one each.
    """

    groups: tuple[tuple[int, ...], ...]
    half_axes: tuple[float, ...]
    kind: ClassVar[str] = "balls"

    def contains(self, point: Floats) -> bool:
        """See `Region`."""
        shares = (np.asarray(point) / self.half_axes) ** 2
        return all(float(shares[list(group)].sum()) <= 1.0 for group in self.groups)

    def at_the_wall(self, point: Floats) -> bool:
        """See `Region`."""
        shares = (np.asarray(point) / self.half_axes) ** 2
        return any(float(shares[list(group)].sum()) > 1.0 - WALL for group in self.groups)

    def as_dict(self) -> dict[str, Any]:
        """See `Region`."""
        groups, centre = [list(group) for group in self.groups], [0.0] * len(self.half_axes)
        return {"kind": self.kind, "centre": centre, "half_axes": list(self.half_axes), "groups": groups}

    def restrict(self, problem: Problem) -> Problem:
        r"""Return `problem` with :math:`1 - \sum_{i \in I_l} (x_i / r_i)^2 \ge 0` for every group."""
        return restricted(problem, self.groups, self.half_axes)

    def __str__(self) -> str:
        low, high = min(self.half_axes), max(self.half_axes)
        radii = f"radius {high:.6g}" if np.isclose(low, high) else f"half-axes from {low:.4g} to {high:.4g}"
        return f"the ball of {radii} in each of {len(self.groups)} groups of variables"


@dataclass(frozen=True, repr=False)
class Box(Region):
    r"""A box that contains the best point: the defect of the identity is known to be harmless on it.

    It is the set of :math:`a + T t` with :math:`|t_i| \le w_i`, in the units of the variables.

    Attributes
    ----------
    centre, half_widths : tuple of float
        The `a` and `w`.
    frame : tuple of tuple of float, optional
        The rows of `T`; by default the identity, and the sides are parallel to the axes.
    """

    centre: tuple[float, ...]
    half_widths: tuple[float, ...]
    frame: tuple[tuple[float, ...], ...] | None = None
    kind: ClassVar[str] = "box"

    @classmethod
    def of(cls, centre: Floats, matrix: Floats, half_widths: Floats) -> Box:
        """Return the box of these half-widths in the variables `t` of ``centre + matrix @ t``."""
        units = np.diag(matrix)
        if np.array_equal(matrix, np.diag(units)):
            return cls(tuple(centre.tolist()), tuple((np.abs(units) * half_widths).tolist()))
        return cls(tuple(centre.tolist()), tuple(half_widths.tolist()), tuple(map(tuple, matrix.tolist())))

    def contains(self, point: Floats) -> bool:
        """See `Region`."""
        offset = np.asarray(point) - self.centre
        t = offset if self.frame is None else np.linalg.solve(np.array(self.frame), offset)
        return bool((np.abs(t) <= self.half_widths).all())

    def as_dict(self) -> dict[str, Any]:
        """See `Region`."""
        frame = None if self.frame is None else [list(row) for row in self.frame]
        sides = {"centre": list(self.centre), "half_widths": list(self.half_widths), "frame": frame}
        return {"kind": self.kind, **sides}

    def __str__(self) -> str:
        return "a box that contains the best point"


def restricted(problem: Problem, groups: tuple[tuple[int, ...], ...], half_axes: tuple[float, ...]) -> Problem:
    r"""Return `problem` with :math:`1 - \sum_{i \in I_l} (x_i / r_i)^2 \ge 0` for every group, as last inequalities."""
    n, axes, balls = problem.n_variables, [Fraction(axis) for axis in half_axes], []
    for group in groups:
        rows = np.zeros((1 + len(group), n), dtype=np.int64)
        rows[np.arange(1, 1 + len(group)), list(group)] = 2
        values = [Fraction(1), *(-1 / axes[i] ** 2 for i in group)]  # in fractions: the region is these numbers
        balls.append(Polynomial.from_terms(rows, values, problem.variables))
    return replace(problem, inequalities=(*problem.inequalities, *balls), squares=None, sense=Sense.MINIMIZE)
