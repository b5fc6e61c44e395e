r"""Points from the moments of overlapping cliques: atoms that agree on shared variables are put together.

When the moment matrices of all cliques have flat extensions and the marginals on the overlaps agree, the functional has
a representing measure (Lasserre 2006, theorem 3.7); for rank one it is a point. Otherwise what is put together is a
candidate and no more.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Atoms whose distances to what was chosen differ by less than this share fit equally well.
_ALIKE = 1e-3


def glued_points(cliques: Sequence[Sequence[int]], atoms: Sequence[Floats], n: int, most: int = 8) -> list[Floats]:
    """Return points whose coordinates in each clique are one of its atoms, nearest on what was chosen before.

    Parameters
    ----------
    cliques : sequence of variable lists
        In an order with the running intersection property.
    atoms : sequence of (r, clique size) arrays
        At least one for each clique.
    n : int
        The number of variables; all must be in some clique.
    most : int
        No more than this many points: the i-th takes the i-th of the atoms that fit equally well, as far as there are
        so many.
    """
    found: list[Floats] = []
    for number in range(min(most, max((len(own) for own in atoms), default=0))):
        point = np.full(n, np.nan)
        for clique, own in zip(cliques, atoms, strict=True):
            columns = np.array(clique)
            known = ~np.isnan(point[columns])
            distance = np.abs(own[:, known] - point[columns[known]]).max(axis=1, initial=0.0)
            near = np.flatnonzero(distance <= distance.min() + _ALIKE * (1.0 + np.abs(own).max()))
            chosen = own[near[number % len(near)]]
            point[columns[~known]] = chosen[~known]
        if not any(np.allclose(point, other, atol=_ALIKE) for other in found):
            found.append(point)
    return found
