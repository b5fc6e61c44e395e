r"""Activations of one hidden layer with a shape, learned globally.

With fixed weights the outputs are linear in the coefficients, and a shape is a linear inequality for each point of an
interval. The problem with the inequalities of some points is a least-distance problem; the points at which its solution
violates the shape most are added, and it is solved again. For nonnegative multipliers of these inequalities the
Lagrangian's minimum is a lower bound, evaluated in balls; the solution, moved a little towards a function strictly
inside, is a feasible point: its shape is proved by positive polynomials in balls.

Source: Hettich and Kortanek, *Semi-infinite programming*, SIAM Review 35 (1993), section 7, for the exchange of points;
Lawson and Hanson, *Solving Least Squares Problems* (1974), section 23.4, for the least distance.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from os import PathLike

import numpy as np
from flint import ctx
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linprog, nnls

from ...errors import InvalidInput
from ...hierarchy.gaps import closes
from ...hierarchy.status import Status
from ...machine.checks import positive, shown
from ...machine.documents import write_document
from ...machine.notebooks import Row
from ...machine.records import Record
from ..data import checked_data
from ..network import PolynomialNetwork
from ..unit_documents import SHAPED, shaped_document
from .outputs import Outputs
from .shape import Basis, Demand, Shape

Floats = NDArray[np.float64]
#: One inequality: what is asked, and the value of the basis variable at which it is.
Cut = tuple[Demand, float]

_BITS = 192
#: As for other squared losses: below this share of the mean squared target a loss counts as zero.
_SHARE = 1e-8
#: Exchanges of points, points of the fine grid for a function inside, and the least margin of such a function.
_ROUNDS, _GRID, _MARGIN = 40, 400, 1e-9
#: Shares of the way to the function inside that are tried in turn.
_MOVES = tuple(4.0**k for k in range(-23, 1))


@dataclass(frozen=True, eq=False, repr=False)
class ShapedFit(Record):
    """An activation with a shape that was learned.

    Attributes
    ----------
    status : Status
        ``CERTIFIED`` where the bounds meet.
    network : PolynomialNetwork
        With the coefficients; the shape of its activation is proved, strictly.
    shape : Shape
    lower_bound, upper_bound : float
        Of the least mean squared residual over samples and outputs, among all functions with the shape. The upper one
        is the loss of the network.
    touched : tuple of float
        Inputs at which the shape holds the best function back.
    seconds : float
    """

    status: Status
    network: PolynomialNetwork
    shape: Shape
    lower_bound: float
    upper_bound: float
    touched: tuple[float, ...]
    seconds: float

    @property
    def coefficients(self) -> Floats:
        """The coefficients of the activation."""
        assert self.network.coefficients is not None
        return self.network.coefficients[0]

    def to_json(self, path: str | PathLike[str]) -> None:
        """Write the fit to a file, from which `momentsos.load` reads it whole.

        Raises
        ------
        InvalidInput
            The file cannot be written, or the network has functions that are not known by name.
        """
        write_document(path, SHAPED, shaped_document(self))

    def _table_rows(self) -> list[Row]:
        return [
            ("status", self.status.name),
            ("coefficients", np.array2string(self.coefficients, precision=6, threshold=12)),
            ("bounds", f"{self.lower_bound:.10g} to {self.upper_bound:.10g}"),
            ("held back at", ", ".join(f"{t:.4g}" for t in self.touched)),
            ("seconds", f"{self.seconds:.2f}"),
        ]

    def __str__(self) -> str:
        return (
            f"{self.status.name}: mean squared error from {self.lower_bound:.10g} to {self.upper_bound:.10g} among the "
            f"functions with this shape; held back at {len(self.touched)} inputs"
        )

    def predict(self, X: ArrayLike) -> Floats:
        """Return the outputs for the rows of `X`."""
        return self.network.predict(X)


def learn_shaped(
    network: PolynomialNetwork, X: ArrayLike, Y: ArrayLike, shape: Shape, *, tol: float = 1e-6
) -> ShapedFit:
    r"""Learn the activation of one hidden layer globally among all functions with a shape.

    Parameters
    ----------
    network : PolynomialNetwork
        With one hidden layer, and a polynomial activation that all units share; coefficients may be fixed.
    X : (N, m_0) array
    Y : (N, m_2) array, or class labels
    shape : Shape
    tol : float
        The relative gap up to which the bounds meet; losses below 1e-8 of the mean squared target are measured by it.

    Returns
    -------
    ShapedFit

    Raises
    ------
    InvalidInput
        More hidden layers, other activations, data that do not determine the coefficients, shapes that no polynomial of
        this degree has strictly.

    Examples
    --------
    >>> import numpy as np, momentsos as ms
    >>> rng = np.random.default_rng(0)
    >>> W, X = [rng.standard_normal((4, 3)), rng.standard_normal((1, 4))], rng.standard_normal((60, 3))
    >>> Y = np.tanh(2.0 * X @ W[0].T) @ W[1].T
    >>> network = ms.PolynomialNetwork(W, degrees=[5])
    >>> fit = ms.learn_shaped(network, X, Y, ms.Shape((-4, 4), monotone="increasing"))
    >>> fit.status.name
    'CERTIFIED'
    """
    began = time.perf_counter()
    if not isinstance(shape, Shape):
        raise InvalidInput(f"shape: expected a momentsos.Shape, got {shown(shape)}")
    limit = positive(tol, "tol", "a relative gap above 0") or 0.0
    inputs, targets = checked_data(network, X, Y)
    network = _checked(network.seeing(inputs))
    with ctx.workprec(_BITS):
        task = _Task.of(network, inputs, targets, shape)
        unit = max(_SHARE * float(max(np.mean(targets**2), np.mean(task.outputs.wanted**2))), 5e-324)
        coefficients, lower, upper, touched = task.solved(unit, limit)
    met = closes(lower, upper, unit, limit)
    return ShapedFit(
        Status.CERTIFIED if met else Status.BOUNDED,
        network.with_coefficients([coefficients]),
        shape,
        lower,
        upper,
        touched,
        time.perf_counter() - began,
    )


def _checked(network: PolynomialNetwork) -> PolynomialNetwork:
    activation = network.activations[0]
    if len(network.activations) != 1:
        raise InvalidInput(
            f"network: {len(network.activations)} hidden layers; shapes are learned in networks with one, where the "
            f"outputs are linear in the coefficients; for more, see constraints of momentsos.Activation"
        )
    if not activation.is_polynomial or activation.per_unit:
        raise InvalidInput(f"activations[0] ({activation.title}): expected a polynomial that all units share")
    if activation.bounds or activation.constraints:
        raise InvalidInput("activations[0]: bounds and constraints of coefficients cannot be had beside a shape")
    return network


@dataclass(frozen=True, eq=False)
class _Task:
    """Outputs as a linear function of the free coefficients, what is asked of these, and where."""

    outputs: Outputs
    basis: Basis
    shape: Shape
    free: tuple[int, ...]
    fixed: Floats
    root: Floats
    aim: Floats

    @classmethod
    def of(cls, network: PolynomialNetwork, X: Floats, Y: Floats, shape: Shape) -> _Task:
        activation = network.activations[0]
        fixed = np.array([each.value or 0.0 for each in activation.row])
        basis, free = Basis.of(activation), activation.free
        outputs = Outputs.of(network, basis, X, Y)
        design = outputs.design[:, free]
        rank = np.linalg.matrix_rank(design / np.maximum(np.linalg.norm(design, axis=0), 1e-300))
        if rank < len(free):
            raise InvalidInput(
                f"X: {len(design)} outputs of rank {rank} do not determine {len(free)} "
                f"coefficients; take a lower degree, or more samples"
            )
        rotation, root = np.linalg.qr(design)
        aim = rotation.T @ (outputs.wanted - outputs.design @ fixed)
        return cls(outputs, basis, shape, free, fixed, root, aim)

    @property
    def demands(self) -> tuple[Demand, ...]:
        """What is asked and does not hold by the degree alone."""
        return tuple(demand for demand in self.shape.demands if demand.order < len(self.fixed))

    def solved(self, unit: float, tol: float) -> tuple[Floats, float, float, tuple[float, ...]]:
        """Return coefficients with the shape, both bounds, and the inputs at which the shape is touched."""
        ends = self.basis.within(self.shape.interval)
        nodes = np.cos(np.linspace(0.0, np.pi, 2 * len(self.fixed) + 3))
        places = np.clip(0.5 * (ends[0] + ends[1]) + 0.5 * (ends[1] - ends[0]) * nodes, ends[0], ends[1])
        cuts: list[Cut] = [(demand, float(s)) for demand in self.demands for s in places]
        if not cuts:
            coefficients, multipliers = self._least(cuts)
            lower = self.outputs.lower_bound(self.basis, cuts, multipliers, self.free, self.fixed)
            return coefficients, lower, self.outputs.loss(coefficients), ()
        inside, lower, best = self._inside(), 0.0, (np.inf, self.fixed)
        held: list[Cut] = []
        for _ in range(_ROUNDS):
            coefficients, multipliers = self._least(cuts)
            lower = max(lower, self.outputs.lower_bound(self.basis, cuts, multipliers, self.free, self.fixed))
            moved = self._repaired(coefficients, inside)
            value = self.outputs.loss(moved)
            best = min(best, (value, moved), key=lambda pair: pair[0])
            held = [cut for cut, m in zip(cuts, multipliers, strict=True) if m > 1e-9 * max(multipliers.max(), 1e-300)]
            added = self._violated(coefficients, ends)
            if closes(lower, best[0], unit, 0.5 * tol) or not added:
                break
            cuts += added
        middle, half = 0.5 * (self.basis.low + self.basis.high), 0.5 * (self.basis.high - self.basis.low)
        touched = sorted({float(middle + half * s) for _, s in held})
        return best[1], lower, best[0], tuple(touched)

    def _rows(self, cuts: list[Cut]) -> tuple[Floats, Floats]:
        """Return inequalities of the free coefficients, `rows @ c >= least`."""
        whole = np.array([self.basis.functional(demand, s) for demand, s in cuts])
        least = np.array([demand.least for demand, _ in cuts]) - whole @ self.fixed
        return whole[:, self.free], least

    def _least(self, cuts: list[Cut]) -> tuple[Floats, Floats]:
        """Return the coefficients with the least loss that keep the cuts, and multipliers, by the least distance."""
        coefficients = self.fixed.copy()
        coefficients[list(self.free)] = np.linalg.solve(self.root, self.aim)
        if not cuts:
            return coefficients, np.zeros(0)
        rows, least = self._rows(cuts)
        turned = np.linalg.solve(self.root.T, rows.T).T
        sizes = np.maximum(np.linalg.norm(turned, axis=1), 1e-300)
        missing = (least - turned @ self.aim) / sizes
        scale = float(np.abs(missing).max()) or 1.0
        matrix = np.vstack([(turned / sizes[:, None]).T, missing / scale])
        weights, _ = nnls(matrix, np.append(np.zeros(len(self.free)), 1.0), maxiter=50 * matrix.shape[1])
        last = float(matrix[-1] @ weights) - 1.0
        if not last < 0.0:
            raise InvalidInput("shape: found no polynomial of this degree that has it")
        step = -scale * (matrix[:-1] @ weights) / last
        coefficients[list(self.free)] = np.linalg.solve(self.root, self.aim + step)
        return coefficients, -scale * weights / last / sizes

    def _violated(self, coefficients: Floats, ends: tuple[float, float]) -> list[Cut]:
        """Return the inequalities that a function violates most: at the minima of what is asked."""
        found: list[Cut] = []
        for demand in self.demands:
            powers = self.basis.function(demand, coefficients)
            powers[0] -= demand.least
            slopes = np.polynomial.polynomial.polyder(powers) if len(powers) > 1 else np.zeros(1)
            roots = np.polynomial.polynomial.polyroots(np.trim_zeros(slopes, "b")) if slopes.any() else np.zeros(0)
            real = np.real(roots[np.abs(np.imag(roots)) <= 1e-6 * (1.0 + np.abs(roots))])
            places = np.concatenate([ends, real[(real > ends[0]) & (real < ends[1])]])
            values = np.polynomial.polynomial.polyval(places, powers)
            sizes = np.polynomial.polynomial.polyval(np.abs(places), np.abs(powers))
            found += [(demand, float(s)) for s, v, size in zip(places, values, sizes, strict=True) if v < -1e-14 * size]
        return found

    def _inside(self) -> Floats:
        """Return coefficients of a function that keeps all demands with as large a margin as there is, up to one.

        They are sought in coordinates in which the data see all directions alike, then as they are.
        """
        ends = self.basis.within(self.shape.interval)
        cuts = [(demand, float(s)) for demand in self.demands for s in np.linspace(ends[0], ends[1], _GRID)]
        rows, least = self._rows(cuts)
        for change in (np.linalg.inv(self.root), np.diag(1.0 / np.maximum(np.abs(rows).max(axis=0), 1e-300))):
            turned = rows @ change
            sizes = np.maximum(np.linalg.norm(turned, axis=1), 1e-300)
            table = np.column_stack([-turned / sizes[:, None], np.ones(len(rows))])
            limits = [(None, None)] * len(self.free) + [(None, 1.0)]
            found = linprog(np.append(np.zeros(len(self.free)), -1.0), table, -least / sizes, bounds=limits)
            if found.status == 0 and found.x[-1] > _MARGIN:
                coefficients = self.fixed.copy()
                coefficients[list(self.free)] = change @ found.x[:-1]
                if self._keeps(coefficients):
                    return coefficients
        raise InvalidInput("shape: found no polynomial of this degree that has it strictly, with what is fixed")

    def _repaired(self, coefficients: Floats, inside: Floats) -> Floats:
        """Return the function moved towards the one inside until its shape is proved."""
        for share in _MOVES:
            moved = (1.0 - share) * coefficients + share * inside
            moved = np.where(np.isin(np.arange(len(moved)), self.free), moved, self.fixed)
            if self._keeps(moved):
                return moved
        return inside

    def _keeps(self, coefficients: Floats) -> bool:
        return all(self.basis.keeps(demand, coefficients, self.shape.interval) for demand in self.demands)
