"""Proofs in fractions from answers in floats: of a feasible choice, of a bound, of a contradiction."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from ..certificates import CertificateError
from ..certificates.format import Refused
from ..machine.clock import OPERATIONS
from ..sdp import SDPSolution
from ..solvers import SolverOptions
from .assemble import Assembled
from .exact import Exact, exact_moments, exact_solution
from .interior import Solved, deepest, moments_on_equations, on_equations, widest_moments
from .vanishing import MomentFace, moment_face, recognised_faces

Floats = NDArray[np.float64]

#: Shares of a solution from the inside that are mixed into a sharp one, until rounding succeeds.
_SHARES = (0.0, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
#: Guesses at the face of the functionals that are tried.
_FACES = 8


@dataclass(frozen=True, eq=False)
class Prover:
    """What proofs need besides the answers.

    Attributes
    ----------
    layout : Assembled
        The program, in which bounds are proved.
    face : Assembled
        The same one, or a face of it, in which solutions are proved.
    gains : list of Fraction
        Exactly what is maximised: the weight of each unknown, then zeros.
    solver : str
    options : SolverOptions
    until : float
        When the time is over, by `time.perf_counter`.
    """

    layout: Assembled
    face: Assembled
    gains: list[Fraction]
    solver: str
    options: SolverOptions
    until: float

    @property
    def seconds(self) -> float:
        """What is left, and at least a moment."""
        return max(1e-3, self.until - time.perf_counter())

    @property
    def limited(self) -> SolverOptions:
        """The options with what is left of the time."""
        return self.options if math.isinf(self.until) else replace(self.options, time_limit=self.seconds)

    def is_late(self, grace: float = 0.0) -> bool:
        """Whether the time is over before the equations could be solved once more, or so many seconds after it."""
        rows = self.face.sdp.operator.shape[0] + self.face.sdp.right_side.size
        ahead = 2 * rows * self.face.sdp.n_moments**2 / OPERATIONS
        return time.perf_counter() + ahead > self.until + grace

    def feasible(self, deep: Solved, sharp: SDPSolution | None = None) -> Exact | None:
        """Return exact unknowns and Gram matrices, as near to the sharp answer as its room allows."""
        if sharp is None or sharp.gram is None or sharp.equality_duals is None:
            return self._exact(deep.duals, deep.gram)
        inside: Solved | None = None
        for share in self._shares():
            if share and inside is None:
                nearer = deepest(self.face.sdp, self.solver, self.limited, near=sharp.gram)
                inside = nearer if isinstance(nearer, Solved) and nearer.margin > 0 else deep
            duals, gram = sharp.equality_duals, sharp.gram
            if inside is not None:
                duals = (1 - share) * duals + share * inside.duals
                gram = (1 - share) * gram + share * inside.gram
            found = self._exact(duals, gram)
            if found is not None:
                return found
        return None

    def _exact(self, duals: Floats, gram: Floats) -> Exact | None:
        if self.is_late(1.0):
            return None
        try:
            moved = on_equations(self.face.sdp, duals, gram)
            return exact_solution(self.face, *moved, time.monotonic() + self.seconds)
        except (CertificateError, Refused, np.linalg.LinAlgError):
            return None

    def bound(self, sharp: SDPSolution) -> list[Fraction] | None:
        """Return exact moments that bound the objective, as near to the sharp ones as their room allows."""
        if sharp.moments is None:
            return None
        return self._moments(sharp.moments, self.gains)

    def contradiction(self, moments: Floats) -> list[Fraction] | None:
        """Return exact moments that are zero on all unknowns, with semidefinite matrices and a negative sum."""
        found = self._moments(moments, [Fraction(0)] * len(self.gains))
        if (
            found is None
            or not sum((a * b for a, b in zip(self.layout.constants, found, strict=True)), Fraction(0)) < 0
        ):
            return None
        return found

    def _moments(self, moments: Floats, right: list[Fraction]) -> list[Fraction] | None:
        """Return exact moments on the face that diagonals show, on that of all moments, or of the given ones."""
        whole = moment_face(self.layout, right)
        found = self._on_face(whole, moments, right)
        if found is not None or self.is_late():
            return found
        wide = widest_moments(whole.sdp, self._scaled(whole, right), moments, self.solver, self.limited)
        for near in (moments,) if wide is None else (wide[0], moments):
            for face in islice(recognised_faces(self.layout, near), _FACES):
                found = None if self.is_late() else self._on_face(face, moments, right)
                if found is not None:
                    return found
        return None

    def _scaled(self, face: MomentFace, right: list[Fraction]) -> Floats:
        """Return the right side of a face's equalities in floats."""
        scaled = np.zeros(len(face.columns))
        scaled[: len(right)] = np.array([float(value) for value in right]) * self.layout.row_scale
        return scaled

    def _on_face(self, face: MomentFace, moments: Floats, right: list[Fraction]) -> list[Fraction] | None:
        scaled = self._scaled(face, right)
        wide: Floats | None = None
        for share in self._shares():
            if share and wide is None:
                found = widest_moments(face.sdp, scaled, moments, self.solver, self.limited)
                if found is None or found[1] <= 0:
                    return None
                wide = found[0]
            mixed = moments if wide is None else (1 - share) * moments + share * wide
            try:
                moved = moments_on_equations(face.sdp, scaled, mixed)
                return exact_moments(self.layout, face, moved, right, time.monotonic() + self.seconds)
            except (CertificateError, Refused, np.linalg.LinAlgError):
                continue
        return None

    def _shares(self) -> Iterator[float]:
        for share in _SHARES:
            if time.perf_counter() > self.until:
                return
            yield share


def evident_contradiction(layout: Assembled) -> list[Fraction] | None:
    """Return moments that show an equation without unknowns to be false, if there is one."""
    touched = np.zeros(layout.equations, dtype=bool)
    for column in layout.columns:
        touched[column.places] = True
    for block in range(len(layout.blocks)):
        touched[layout.entry_places[block].reshape(-1)] = True
    for e, value in enumerate(layout.constants):
        if value and not touched[e]:
            found = [Fraction(0)] * layout.equations
            found[e] = Fraction(-1 if value > 0 else 1)
            return found
    return None
