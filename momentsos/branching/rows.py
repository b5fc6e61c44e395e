"""What stands behind a row, as a key, and how rows are made of keys on a box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .model import Model
from .safe import Rows

Floats = NDArray[np.float64]

#: Kinds of rows: a product of two factors, an equality times a lifted variable, a square.
PRODUCT, EQUALITY, SQUARE = 0, 1, 2


class Key(NamedTuple):
    """What a row is made of.

    A product has two factors by number, with `N` lifted variables: ``v_k - low_k`` is `k`, ``high_k - v_k`` is `N + k`,
    inequality `j` is `2 N + j`, one is `2 N + J`, the cut ``cutoff - objective`` is `2 N + J + 1`. An equality has its
    number and one more than that of the variable that multiplies it, 0 for none. A square has that of its form.
    """

    kind: int
    a: int
    b: int = 0


@dataclass(frozen=True, eq=False)
class Workshop:
    """Makes rows on one box.

    Attributes
    ----------
    model : Model
    low, high : (C,) arrays
    cutoff : float
        The value that the objective is to stay below, divided by its scale; infinite for none.
    forms : sequence of (N + 1,) arrays
        Affine forms whose squares are rows.
    """

    model: Model
    low: Floats
    high: Floats
    cutoff: float
    forms: Sequence[Floats]

    @property
    def factors(self) -> Floats:
        """The affine factors: low and high sides, inequalities without products, the cut where it is one of them."""
        model, size = self.model, self.model.size
        low, high = self.low[:size], self.high[:size]
        eye = np.eye(size)
        parts = [np.column_stack([-low, eye]), np.column_stack([high, -eye]), model.linear]
        if self.cut_is_factor:
            cut = np.concatenate([[self.cutoff - model.objective_constant], -model.objective[:size]])
            parts.append(cut[None, :])
        return np.concatenate(parts)

    @property
    def cut_is_factor(self) -> bool:
        """Whether the cut is affine in the lifted variables, and there is one."""
        return bool(np.isfinite(self.cutoff)) and not self.model.objective[self.model.size :].any()

    def number(self, place: int) -> int:
        """Return the number of a factor from its place among `factors`."""
        size, linear = self.model.size, self.model.linear_numbers
        if place < 2 * size:
            return place
        place -= 2 * size
        return 2 * size + (linear[place] if place < len(linear) else self.model.n_inequalities + 1)

    def place(self, number: int) -> int:
        """Return the place among `factors` of a number."""
        size, linear = self.model.size, self.model.linear_numbers
        if number < 2 * size:
            return number
        number -= 2 * size
        return 2 * size + (len(linear) if number > self.model.n_inequalities else linear.index(number))

    @property
    def largest(self) -> Floats:
        """The largest absolute values of (1, v)."""
        size = self.model.size
        return np.concatenate([[1.0], np.maximum(np.abs(self.low[:size]), np.abs(self.high[:size]))])

    def base(self) -> tuple[list[Key], Rows]:
        """Return the rows that every node has: all constraints, and the cut."""
        model = self.model
        one = 2 * model.size + model.n_inequalities
        keys = [Key(PRODUCT, 2 * model.size + k, one) for k in range(model.n_inequalities)]
        keys += [Key(EQUALITY, k) for k in range(len(model.rows) - model.n_inequalities)]
        rows, constants = model.rows, model.constants
        equal = np.arange(len(rows)) >= model.n_inequalities
        if np.isfinite(self.cutoff):
            keys.append(Key(PRODUCT, one, one + 1))
            rows = np.concatenate([rows, -model.objective[None, :]])
            constants = np.append(constants, self.cutoff - model.objective_constant)
            equal = np.append(equal, False)
        with np.errstate(invalid="ignore"):
            most = np.maximum(np.abs(self.low), np.abs(self.high))
            sizes = np.where(rows == 0.0, 0.0, np.abs(rows) * most).sum(axis=1) + np.abs(constants)
        if np.isfinite(self.cutoff):
            sizes[-1] += abs(self.cutoff) + abs(model.objective_constant)
        return keys, Rows(rows, constants, equal, sizes)

    def rows(self, keys: Sequence[Key]) -> Rows:
        """Return the rows of keys that are products, equalities times a variable, or squares."""
        model, m = self.model, len(keys)
        left, right = np.zeros((m, model.size + 1)), np.zeros((m, model.size + 1))
        factors = self.factors
        equal, lost = np.zeros(m, dtype=bool), np.zeros((2, m))
        cut = 2 * model.size + model.n_inequalities + 1
        more = abs(self.cutoff) + abs(model.objective_constant) if self.cut_is_factor else 0.0
        for t, key in enumerate(keys):
            if key.kind == PRODUCT:
                left[t], right[t] = factors[self.place(key.a)], factors[self.place(key.b)]
                lost[:, t] = more * (key.a == cut), more * (key.b == cut)
            elif key.kind == EQUALITY:
                left[t] = model.equal[model.equal_numbers.index(key.a)]
                right[t, key.b] = 1.0
                equal[t] = True
            else:
                left[t] = right[t] = self.forms[key.a]
        rows, constants = model.products_of(left, right)
        largest = self.largest
        with np.errstate(invalid="ignore", over="ignore"):  # zero times infinity, where variables are unbounded
            sizes = (np.abs(left) @ largest + lost[0]) * (np.abs(right) @ largest + lost[1])
        sizes = np.where(np.isnan(sizes), np.inf, sizes)
        return Rows(rows, constants, equal, sizes)
