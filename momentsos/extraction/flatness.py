r"""Flat truncation, tested at every inner degree.

Source: Curto and Fialkow (1996); Henrion and Lasserre (2005), theorem 1.1; Nie, *Certifying convergence of
Lasserre's hierarchy via flat truncation*, Math. Program. 142 (2013); condition (3.6) of Zhang, Nie and Tang.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..machine.notebooks import Row
from ..machine.records import Brief
from .ranks import Rank, RankRule


@dataclass(frozen=True, repr=False)
class FlatTest(Brief):
    """Ranks at one inner degree.

    Attributes
    ----------
    degree : int
        The `d`.
    rank, rank_below : Rank
        Of :math:`M_d` and :math:`M_{d - d_K}`.
    """

    degree: int
    rank: Rank
    rank_below: Rank

    @property
    def flat(self) -> bool:
        """Whether the two ranks agree."""
        return self.rank.value == self.rank_below.value

    @property
    def doubtful(self) -> bool:
        """Whether one of the two ranks is."""
        return self.rank.doubtful or self.rank_below.doubtful


@dataclass(frozen=True, repr=False)
class Flatness(Brief):
    """The tests at all inner degrees of one solved relaxation, lowest degree first."""

    tests: tuple[FlatTest, ...]

    @property
    def flat(self) -> bool:
        """Whether some test found the moments flat beyond doubt."""
        return any(test.flat and not test.doubtful for test in self.tests)

    @property
    def doubtful(self) -> bool:
        """Whether flatness hangs on a rank that is in doubt."""
        return not self.flat and any(test.flat for test in self.tests)

    def _table_rows(self) -> list[Row]:
        return [("moments", str(self))]

    def __str__(self) -> str:
        word = "flat" if self.flat else ("flat, in doubt" if self.doubtful else "not flat")
        pairs = ", ".join(f"d={t.degree}: {t.rank.value} over {t.rank_below.value}" for t in self.tests)
        return f"{word} (ranks {pairs})" if pairs else word


def test_flatness(
    matrix: NDArray[np.float64],
    degrees: NDArray[np.int64],
    lowest: int,
    step: int,
    rule: RankRule | None = None,
) -> Flatness:
    r"""Test :math:`\operatorname{rank} M_d = \operatorname{rank} M_{d - s}` for all `d` from `lowest` up.

    Parameters
    ----------
    matrix : (size, size) array
        The moment matrix :math:`M_k`.
    degrees : (size,) integer array
        Total degree of the monomial of each row.
    lowest : int
        First `d`, at least the half degrees of objective and constraints.
    step : int
        The :math:`s = d_K`, half the largest degree of the constraints, at least 1.
    rule : RankRule, optional
    """
    rule = rule or RankRule()
    order = int(degrees.max())
    ranks: dict[int, Rank] = {}
    for d in {d for top in range(lowest, order + 1) for d in (top, top - step) if d >= 0}:
        inside = degrees <= d
        ranks[d] = rule(matrix[np.ix_(inside, inside)])
    return Flatness(tuple(FlatTest(d, ranks[d], ranks[d - step]) for d in range(lowest, order + 1) if d - step >= 0))


test_flatness.__test__ = False  # type: ignore[attr-defined]  # its name is no test of pytest's
