"""Products, equalities times variables and squares that a point of the relaxation violates."""

from __future__ import annotations

from collections.abc import Set
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .model import Model
from .rows import EQUALITY, PRODUCT, SQUARE, Key, Workshop

Floats = NDArray[np.float64]

#: Violations below this are left.
VIOLATED = 1e-7
#: Eigenvalues below minus this count, and so many eigenvectors at a time.
_NEGATIVE, _VECTORS = 1e-7, 4
#: Points of tangents are rounded to so many bits.
_BITS = 12


class Separation:
    """Which products have columns, and which of them are violated; forms of squares are collected in `forms`."""

    def __init__(self, model: Model, forms: list[Floats]) -> None:
        self.model, self.forms = model, forms
        self._numbers: dict[bytes, int] = {}

    @cached_property
    def _has_column(self) -> NDArray[np.bool_]:
        return self.model.column_of < 0

    def _allowed(self, left: NDArray[np.bool_], right: NDArray[np.bool_]) -> NDArray[np.bool_]:
        missing = self._has_column.astype(float)
        missing[0, 0] = 0.0
        return np.asarray((left.astype(float) @ missing @ right.astype(float).T) == 0.0)

    @cached_property
    def _factor_masks(self) -> dict[bool, NDArray[np.bool_]]:
        size = self.model.size
        own = np.concatenate([np.ones((size, 1), bool), np.eye(size, dtype=bool)], axis=1)
        parts = [own, own, self.model.linear != 0.0]
        found = {}
        for cut in (False, True):
            row = np.concatenate([[1.0], self.model.objective[:size]])[None, :] != 0.0
            every = np.concatenate([*parts, row] if cut else parts)
            found[cut] = np.triu(self._allowed(every, every))
        return found

    @cached_property
    def _equal_mask(self) -> NDArray[np.bool_]:
        size = self.model.size
        return self._allowed(self.model.equal != 0.0, np.eye(size + 1, dtype=bool)[1:])

    def violated(self, workshop: Workshop, values: Floats, most: int, have: Set[Key]) -> list[Key]:
        """Return the keys of the most violated rows that are not there yet, at most `most` of each kind."""
        model = self.model
        moments = np.nan_to_num(model.moments(values))
        factors = workshop.factors
        found = np.where(self._factor_masks[workshop.cut_is_factor], factors @ moments @ factors.T, 0.0)
        keys: list[Key] = []
        rows, columns = np.nonzero(found < -VIOLATED)
        order = np.argsort(found[rows, columns])[:most]
        for k in order.tolist():
            a, b = sorted((workshop.number(int(rows[k])), workshop.number(int(columns[k]))))
            keys.append(Key(PRODUCT, a, b))
        if len(model.equal):
            found = np.where(self._equal_mask, np.abs(model.equal @ moments[:, 1:]), 0.0)
            rows, columns = np.nonzero(found > VIOLATED)
            order = np.argsort(-found[rows, columns])[:most]
            keys += [Key(EQUALITY, model.equal_numbers[int(rows[k])], int(columns[k]) + 1) for k in order.tolist()]
        keys += self._tangents(values, workshop)
        return [key for key in keys if key not in have]

    def _tangents(self, values: Floats, workshop: Workshop) -> list[Key]:
        """Return squares of differences to a point, where the column of a square lies below the parabola."""
        model = self.model
        columns = np.diagonal(model.column_of)[1:]
        which = np.flatnonzero(columns >= 0)
        v = values[which]
        below = values[columns[which]] < v**2 - VIOLATED
        keys = []
        for i, at in zip(which[below].tolist(), v[below].tolist(), strict=True):
            grid = 2.0**_BITS / max(2.0 ** np.ceil(np.log2(max(abs(at), 2.0**-40))), 2.0**-40)
            form = np.zeros(model.size + 1)
            form[0], form[1 + i] = -np.rint(at * grid) / grid, 1.0
            keys.append(self.square(form))
        return keys

    def eigenvectors(self, workshop: Workshop, values: Floats, have: Set[Key]) -> list[Key]:
        """Return squares of forms along eigenvectors on which the moments of a point are negative, a few at most.

        Moments are looked at in variables from -1 to 1 on the box, so that narrow sides count as much as wide ones.
        """
        block = self._full_block
        if len(block) < 2:
            return []
        low, high = workshop.low[block], workshop.high[block]
        middle, half = 0.5 * (low + high), np.maximum(0.5 * (high - low), 1e-12)
        change = np.diag(np.concatenate([[1.0], 1.0 / half]))
        change[1:, 0] = -middle / half
        places = np.concatenate([[0], block + 1])
        moments = np.nan_to_num(self.model.moments(values))[np.ix_(places, places)]
        eigenvalues, vectors = np.linalg.eigh(change @ moments @ change.T)
        keys = []
        for k in np.flatnonzero(eigenvalues < -_NEGATIVE)[:_VECTORS].tolist():
            own = vectors[:, k] @ change
            scale = 2.0 ** np.ceil(np.log2(np.abs(own).max()))
            form = np.zeros(self.model.size + 1)
            form[places] = np.rint(own / scale * 2.0**20) / 2.0**20
            keys.append(self.square(form))
        return [key for key in keys if key not in have]

    @cached_property
    def _full_block(self) -> NDArray[np.intp]:
        """The variables of the problem, where all of their products have columns and some of them occur."""
        model, n = self.model, self.model.framed.n
        every = (model.column_of[1 : n + 1, 1 : n + 1] >= 0).all()
        rows = np.concatenate([model.rows, model.objective[None, :]])
        used = (rows != 0.0).any(axis=0)
        products = [model.columns[c] for c in np.flatnonzero(used).tolist() if c >= n]
        which = sorted({i for e in products for i, k in enumerate(e) if k})
        return np.array(which if every else [], dtype=np.intp)

    def square(self, form: Floats) -> Key:
        """Return the key of the square of a form, which is collected."""
        number = self._numbers.setdefault(form.tobytes(), len(self.forms))
        if number == len(self.forms):
            self.forms.append(form)
        return Key(SQUARE, number)
