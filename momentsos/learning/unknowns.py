"""What is learned: which coefficients of which layer are unknown, and the one vector that they make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput
from ..machine.records import Record

Floats = NDArray[np.float64]

#: A coefficient of a network: its layer and its place in the list of that layer, or its layer, its unit and its place
#: where a layer has coefficients of its own for each unit; all counted from 0. Without a unit all units are meant.
Place = tuple[int, ...]
#: Weights of the coefficients of one layer, by place, and the limits of their sum; None where there is none.
Limit = tuple[Mapping[int, float], tuple[float | None, float | None]]

#: A coefficient of an equation below this share of its largest one is rounding of what cancels.
_CANCELLED = 1e-12


@dataclass(frozen=True)
class Coefficient:
    """One coefficient, as an activation lists it.

    Attributes
    ----------
    label : str
        What its name ends with: the power that it belongs to.
    value : float or None
        The number that it is fixed at; None where it is learned.
    """

    label: str
    value: float | None = None


@dataclass(frozen=True)
class LayerCoefficients:
    """The coefficients of one layer.

    Attributes
    ----------
    row : tuple of Coefficient
        Of one unit, or of all.
    units : int or None
        How many units have coefficients of their own; None where all share one row.
    limits : tuple of Limit
        Of each row.
    values : tuple of (unit, place, number)
        What is fixed of single units besides.
    """

    row: tuple[Coefficient, ...]
    units: int | None = None
    limits: tuple[Limit, ...] = ()
    values: tuple[tuple[int, int, float], ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array of its coefficients."""
        return (len(self.row),) if self.units is None else (self.units, len(self.row))


@dataclass(frozen=True, eq=False, repr=False)
class Unknowns(Record):
    r"""The coefficients of all layers as one vector of unknowns, and the way back.

    A coefficient is free, an unknown of its own; or fixed, a number; or tied, equal to another one; or what an equation
    makes of others. Each is an affine form in the unknowns.

    Attributes
    ----------
    names : tuple of str
        One a unknown: ``c11, c12, ..., c20, c21, ...`` (layer, power). With more than nine layers or a label of more
        than one letter, an underscore separates the two; with coefficients for each unit, ``c1_3_2`` is layer 1,
        unit 3, power 2.
    forms : tuple of (coefficients of the layer, n + 1) arrays
        The weights of the unknowns in each coefficient and, last, its constant; (units, coefficients, n + 1) where
        units have their own.
    places : tuple of (layer, position)
        The coefficient that each unknown is, by position in the flattened array of the layer.
    inequalities : (rows, n + 1) array
        Rows `a` with :math:`a_1 u_1 + \dots + a_n u_n + a_{n+1} \ge 0`: bounds and constraints, scaled to one.
    """

    names: tuple[str, ...]
    forms: tuple[Floats, ...]
    places: tuple[tuple[int, int], ...]
    inequalities: Floats = field(default_factory=lambda: np.zeros((0, 1)))

    @classmethod
    def of(
        cls,
        layers: Sequence[LayerCoefficients | Sequence[Coefficient]],
        ties: Sequence[tuple[Place, Place]] = (),
    ) -> Unknowns:
        """Number the unknowns, layer by layer.

        Parameters
        ----------
        layers : sequence of LayerCoefficients, or of sequences of Coefficient
        ties : sequence of pairs of places
            Coefficients that are equal.

        Raises
        ------
        InvalidInput
            A tie to a coefficient that does not exist, or between two different numbers; equations or bounds that
            numbers contradict.
        """
        given = [each if isinstance(each, LayerCoefficients) else LayerCoefficients(tuple(each)) for each in layers]
        offsets = np.cumsum([0, *(int(np.prod(each.shape)) for each in given)])
        alike, numbers = _joined(given, offsets, ties)
        mark = "_" if len(given) > 9 or any(len(c.label) > 1 for layer in given for c in layer.row) else ""
        names: list[str] = []
        places: list[tuple[int, int]] = []
        columns: dict[int, int] = {}
        for layer, each in enumerate(given):
            for position in range(int(np.prod(each.shape))):
                root = alike[offsets[layer] + position]
                if root in numbers or root in columns:
                    continue
                columns[root] = len(names)
                unit, place = divmod(position, len(each.row))
                label = each.row[place].label
                own = f"{mark}{label}" if each.units is None else f"_{unit + 1}_{label}"
                names.append(f"c{layer + 1}{own}")
                places.append((layer, position))
        flat = np.zeros((int(offsets[-1]), len(names) + 1))
        for row, root in enumerate(alike):
            if root in numbers:
                flat[row, -1] = numbers[root]
            else:
                flat[row, columns[root]] = 1.0
        equalities, inequalities = _limits(given, offsets, flat)
        kept, change = _solved(equalities, names)
        forms = [
            _locked((flat[start:end] @ change).reshape(*each.shape, len(kept) + 1))
            for each, start, end in zip(given, offsets[:-1], offsets[1:], strict=True)
        ]
        rows = _told(inequalities @ change)
        return cls(tuple(names[k] for k in kept), tuple(forms), tuple(places[k] for k in kept), _locked(rows))

    @property
    def count(self) -> int:
        """The number of unknowns."""
        return len(self.names)

    def seen(self, layer: int) -> NDArray[np.bool_]:
        """Return which unknowns the coefficients of a layer depend on."""
        return np.any(self.forms[layer].reshape(-1, self.count + 1)[:, :-1] != 0.0, axis=0)

    @property
    def last(self) -> NDArray[np.intp]:
        """The unknowns of the last layer that no other one shares: the outputs of a network are affine in them."""
        elsewhere = np.zeros(self.count, dtype=bool)
        for layer in range(len(self.forms) - 1):
            elsewhere |= self.seen(layer)
        return np.flatnonzero(self.seen(len(self.forms) - 1) & ~elsewhere)

    @property
    def inner(self) -> NDArray[np.intp]:
        """All other unknowns."""
        return np.setdiff1d(np.arange(self.count), self.last)

    def coefficients(self, point: Floats) -> list[Floats]:
        """Return the coefficients of each layer for a vector that begins with the unknowns."""
        vector = np.append(np.asarray(point, dtype=np.float64)[: self.count], 1.0)
        return [form @ vector for form in self.forms]

    def flatten(self, coefficients: Sequence[ArrayLike]) -> Floats:
        """Return the vector of the unknowns, the inverse of `coefficients`.

        What is given for a number is passed over, and of coefficients that are tied the first one counts.
        """
        given = [np.asarray(layer, dtype=np.float64).reshape(-1) for layer in coefficients]
        return np.array([given[layer][position] for layer, position in self.places])

    def held(self, free: NDArray[np.intp], at: Floats) -> Unknowns:
        """Return the unknowns `free` alone, by number; all others are numbers, what they are in the vector `at`."""
        others = np.setdiff1d(np.arange(self.count), free)
        number = np.append(np.zeros(self.count), 1.0)
        number[others] = at[others]

        def folded(forms: Floats) -> Floats:
            return _locked(np.concatenate([forms[..., free], (forms @ number)[..., None]], axis=-1))

        rows = folded(self.inequalities) if len(self.inequalities) else np.zeros((0, len(free) + 1))
        rows = rows[np.any(rows[:, :-1] != 0.0, axis=1)]  # what numbers meet already is no condition
        names, places = (tuple(self.names[k] for k in free.tolist()), tuple(self.places[k] for k in free.tolist()))
        return Unknowns(names, tuple(map(folded, self.forms)), places, _locked(rows))


def _locked(array: Floats) -> Floats:
    array.setflags(write=False)
    return array


def _joined(
    layers: Sequence[LayerCoefficients], offsets: NDArray[np.intp], ties: Sequence[tuple[Place, Place]]
) -> tuple[list[int], dict[int, float]]:
    """Return for each coefficient the first of those that are equal to it, and which of these are numbers."""
    alike = list(range(int(offsets[-1])))
    for pair in ties:
        for one, other in _pairs(layers, offsets, pair):
            low, high = sorted((alike[one], alike[other]))
            alike = [low if root == high else root for root in alike]
    numbers: dict[int, float] = {}
    for layer, each in enumerate(layers):
        own = {(unit, place): value for unit, place, value in each.values}
        for position in range(int(np.prod(each.shape))):
            unit, place = divmod(position, len(each.row))
            value = own.get((unit, place), each.row[place].value)
            root = alike[offsets[layer] + position]
            if value is None:
                continue
            if numbers.setdefault(root, value) != value:
                words = sorted(map(str, (numbers[root], value)))
                raise InvalidInput(f"ties: coefficients that are equal cannot be fixed at {words}")
    return alike, numbers


def _pairs(
    layers: Sequence[LayerCoefficients], offsets: NDArray[np.intp], pair: tuple[Place, Place]
) -> list[tuple[int, int]]:
    """Return the coefficients that one tie makes equal, unit by unit where both layers have the same units."""
    found = []
    for layer, *unit, place in pair:
        if not 0 <= layer < len(layers) or not 0 <= place < len(layers[layer].row):
            raise InvalidInput(f"ties: layer {layer + 1} has no coefficient number {place}, counted from 0")
        width, units = len(layers[layer].row), layers[layer].units or 1
        if unit and not 0 <= unit[0] < units:
            raise InvalidInput(f"ties: layer {layer + 1} has no unit {unit[0]} with coefficients of its own")
        chosen = unit or range(units)
        found.append([int(offsets[layer]) + row * width + place for row in chosen])
    one, other = found
    if len(one) == len(other):
        return list(zip(one, other, strict=True))
    return [(a, b) for a in one for b in other]


def _limits(layers: Sequence[LayerCoefficients], offsets: NDArray[np.intp], flat: Floats) -> tuple[Floats, Floats]:
    """Return equations and inequalities of the unknowns, rows that are to be zero and not to be negative."""
    equal, least = [], []
    for layer, each in enumerate(layers):
        for weights, (low, high) in each.limits:
            for unit in range(each.units or 1):
                start = int(offsets[layer]) + unit * len(each.row)
                row = np.zeros(flat.shape[1])
                for place, weight in weights.items():
                    row += weight * flat[start + place]
                one = np.eye(flat.shape[1])[-1]
                if low is not None and low == high:
                    equal.append(row - low * one)
                    continue
                if low is not None:
                    least.append(row - low * one)
                if high is not None:
                    least.append(high * one - row)
    width = flat.shape[1]
    return np.array(equal).reshape(-1, width), np.array(least).reshape(-1, width)


def _solved(equations: Floats, names: Sequence[str]) -> tuple[list[int], Floats]:
    """Solve equations for as many unknowns; return which are left, and all of them as affine forms in these."""
    rows, n = equations.copy(), len(names)
    solved: list[tuple[int, int]] = []
    for i, row in enumerate(rows):
        row[np.abs(row) <= _CANCELLED * np.abs(equations[i]).max()] = 0.0
        if not row[:-1].any():
            if row[-1] != 0.0:
                raise InvalidInput("constraints: these equations between coefficients contradict each other")
            continue
        pivot = n - 1 - int(np.argmax(np.abs(row[:-1][::-1])))  # of equal ones the last, so that lower powers stay
        row /= row[pivot]
        for k in range(len(rows)):
            if k != i:
                rows[k] -= rows[k][pivot] * row
        solved.append((pivot, i))
    kept = [k for k in range(n) if k not in dict(solved)]
    change = np.zeros((n + 1, len(kept) + 1))
    change[kept, range(len(kept))] = 1.0
    change[n, -1] = 1.0
    for pivot, i in solved:
        change[pivot] = -rows[i][[*kept, n]]
    return kept, change


def _told(rows: Floats) -> Floats:
    """Return inequalities scaled to one, each once, without those that numbers meet."""
    sizes = np.abs(rows[:, :-1]).max(axis=1, initial=0.0)
    if np.any((sizes == 0.0) & (rows[:, -1] < 0.0)):
        raise InvalidInput("bounds, constraints: a coefficient that is fixed lies outside of them")
    scaled = rows[sizes > 0.0] / sizes[sizes > 0.0, None]
    return np.unique(scaled, axis=0)
