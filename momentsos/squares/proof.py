r"""The proof of a bound in exact arithmetic: :math:`Q + \eta G \succeq 0`, and the loss absorbs its own defect.

Let :math:`b^\top Q b = (f - \gamma) w` identically, and :math:`Q + \eta G \succeq 0`. Then
:math:`(f - \gamma) w + \eta f w \ge 0` everywhere, so :math:`f \ge \gamma / (1 + \eta)` on all of R^n. All numbers are
binary fractions; nothing is rounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from flint import fmpz
from numpy.typing import NDArray

from ..polynomials.dyadic import Dyadic
from .whitening import Whitened

Floats = NDArray[np.float64]

#: Bits of the basis in which a matrix is shown to be diagonally dominant.
_BITS = 200
#: The defect is taken to be larger than what was found by this share, and by this much.
_SHARE, _LEAST = Fraction(1, 2**10), Fraction(1, 2**50)


@dataclass(frozen=True, eq=False)
class Proof:
    """A bound that holds on all of R^n.

    Attributes
    ----------
    gamma, defect : Fraction
        The γ and η above.
    gram : Dyadic
        The `Q`.
    """

    gamma: Fraction
    defect: Fraction
    gram: Dyadic

    @property
    def bound(self) -> Fraction:
        """The bound."""
        return self.gamma / (1 + self.defect)


def proved(whitened: Whitened, gamma: Fraction, gram: Dyadic) -> Proof | None:
    r"""Return the proof with the least defect, None where there is none below one half.

    `gram` has to satisfy the identity. In a basis in which :math:`Q` is nearly diagonal and `G` nearly the unit matrix
    :math:`Q + \eta G` is strictly diagonally dominant, so definite, as soon as η exceeds what is missing.
    """
    near = gram.congruent(whitened.inverse).floats()
    if not np.isfinite(near).all():
        return None
    _, vectors = np.linalg.eigh((near + near.T) / 2)
    basis = (whitened.inverse @ Dyadic.of(vectors)).rounded(_BITS)
    seen, unit = gram.congruent(basis), whitened.form.gram.congruent(basis)
    missing = max(-_dominance(seen), Fraction(0))
    defect = _short(missing * (1 + _SHARE) + _LEAST)
    for _ in range(8):
        if defect >= Fraction(1, 2):
            return None
        if _dominance(seen + unit.times(defect)) > 0:
            return Proof(gamma, defect, gram)
        defect *= 2
    return None


def _dominance(matrix: Dyadic) -> Fraction:
    """Return by how much the diagonal exceeds the sum of what is beside it, where that is least."""
    size, entries = matrix.shape[0], matrix.whole.entries()
    least: fmpz | None = None
    for i in range(size):
        row = entries[i * size : (i + 1) * size]
        room = row[i] + abs(row[i]) - sum(map(abs, row), fmpz(0))
        least = room if least is None or room < least else least
    return Fraction(int(least)) * Fraction(2) ** matrix.exponent if least is not None else Fraction(0)


def _short(value: Fraction) -> Fraction:
    """Return a binary fraction of few bits that is not smaller."""
    return -((-value * 2**80) // 1) / Fraction(2**80)
