"""The list of monomials that polynomials or blocks have in common, as one object."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..machine.records import Brief
from .exponents import Exponents


@dataclass(frozen=True, eq=False, repr=False)
class Support(Brief):
    r"""A list of monomials, the rows of exponents :math:`\alpha` of :math:`x^\alpha`, as an object with an identity.

    Polynomials that are made together, such as the residuals of a network, have the same monomials and share one
    support: what depends on monomials alone is then found once for all of them. Two supports are equal where they are
    the same object; that they list the same monomials is not looked for. Copies are the object itself, and what is
    pickled together shares its supports afterwards.

    Attributes
    ----------
    rows : (terms, n) int64 array
        Not to be written to.
    """

    rows: Exponents

    def __post_init__(self) -> None:
        if self.rows.flags.writeable:
            rows = self.rows.view()
            rows.setflags(write=False)
            object.__setattr__(self, "rows", rows)

    def __len__(self) -> int:
        return len(self.rows)

    # -- what is found once --------------------------------------------------------------------------------

    @cached_property
    def degrees(self) -> NDArray[np.int64]:
        """The total degree of each monomial, shape (terms,)."""
        return _frozen(self.rows.sum(axis=1))

    @cached_property
    def degree(self) -> int:
        """The largest total degree, 0 for an empty list."""
        return int(self.rows.sum(axis=1).max(initial=0))

    @cached_property
    def occurs(self) -> NDArray[np.bool_]:
        """Which variables occur, shape (n,)."""
        return _frozen(np.asarray(self.rows.any(axis=0)))

    # -- copies --------------------------------------------------------------------------------------------

    def __reduce__(self) -> tuple[type[Support], tuple[Exponents]]:
        return Support, (self.rows,)

    def __copy__(self) -> Support:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Support:
        return self


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    array.setflags(write=False)
    return array
