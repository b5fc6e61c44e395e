"""The judge: whether a point is feasible, and what its value is, in the problem as the user gave it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from flint import arb, ctx, fmpq
from numpy.typing import ArrayLike

from ...errors import InvalidInput
from ...polynomials import Polynomial
from ...polynomials.shift import two_sum
from ...problem import Problem
from .compiled import Compiled
from .exact import fraction_of, sums_of_floats
from .newton import Landing, land
from .records import Feasibility, Floats, Refusal, Verdict
from .snapping import feasible_limit, feasible_neighbour
from .squarefree import without_squares

#: How far a point that was found may be moved, and how far one that is mended, in units of its coordinates.
LIMIT, MEND = 1e-8, 1e-3
#: Simple fractions are looked for within this distance first, and next to where Newton's method converged.
_SNAP, _SNAP_END = 1e-11, 1e-18
#: Where it did not, within these shares of the limit.
_SHARES = (1e-6, 1e-4, 1e-2, 1.0)
#: What two values of one point may differ by, as a share of their size.
_ROUNDING = 1e-13
#: What raising an epigraph variable may add, as a share of the objective.
_LIFT = 1e-9
#: Squared factors are looked for beforehand in constraints of no more terms than this.
_TERMS = 1_000
#: Bits of points that are no binary fractions.
_BITS = 1024


@dataclass(frozen=True, eq=False)
class PointJudge:
    r"""The only place where a point gets its feasibility and its value.

    Floats in the problem are the binary fractions that they are, fractions stay fractions. A point counts as feasible

    - *exactly*, where every constraint is seen to hold: in floats beyond all that rounding may do, else in exact
      arithmetic, at the point or at one with simple coordinates next to it;
    - as *proved*, where an interval proof shows that there is a feasible point within 1e-32;
    - as *converged*, where Newton's method in ball arithmetic reaches 120 digits and nothing is proved.

    A point that was moved has the value of where it is, never that of where it was: nothing depends on the limit.

    Parameters
    ----------
    problem : Problem
    squares : tuple of Polynomial
        Polynomials whose squares the objective is, if it is given so: its values are taken from them.

    Examples
    --------
    >>> import momentsos as ms
    >>> x, y = ms.variables("x y")
    >>> judge = PointJudge(ms.Problem(minimize=x + y, equalities=[x**2 + y**2 - 2]))
    >>> judge([-1.0, -1.0])
    Verdict(exact, -2.0, moved=0.0e+00)
    >>> judge([-1.1, -1.0]).reason
    <Refusal.TOO_FAR: 'too far'>
    """

    problem: Problem
    squares: tuple[Polynomial, ...] = ()

    def __call__(
        self,
        point: ArrayLike,
        fine: ArrayLike | None = None,
        *,
        units: ArrayLike | None = None,
        limit: float = LIMIT,
        until: float = math.inf,
    ) -> Verdict:
        r"""Judge a point.

        Parameters
        ----------
        point : (n,) array
        fine : (n,) array, optional
            Digits that floats have not: the point is the sum of both.
        units : (n,) array, optional
            Natural sizes of the variables, positive; by default those in which the terms of each constraint have
            nearly the same size. A coordinate is measured in the larger one of this and of its own size.
        limit : float
            How far the point may be moved, in these units.
        until : float
            When to stop, on the clock of `time.perf_counter`.

        Returns
        -------
        Verdict

        Raises
        ------
        InvalidInput
            When shapes do not fit, or units or the limit are not positive numbers.
        """
        if not 0.0 <= limit < math.inf:
            raise InvalidInput(f"limit {limit!r}: expected a finite number that is not negative")
        x, d = self._pair(point, fine)
        if not (np.isfinite(x).all() and np.isfinite(d).all()):
            return Verdict(None, x, d, reason=Refusal.NOT_FINITE)
        with np.errstate(all="ignore"):  # what leaves the range of floats is seen by what comes of it
            given = sums_of_floats(x.tolist(), d.tolist())
            compiled = self._compiled
            if compiled.constraints.empty:
                return Verdict(None, x, d, reason=Refusal.EMPTY)
            if compiled.holds(given, compiled.tables.at(x), until):
                return Verdict(Feasibility.EXACT, x, d, compiled.value(given))
            start = _Start(x, d, np.maximum(np.abs(x), self._units(units)), limit, until)
            snapped = self._snapped(start, x, _SNAP)
            if snapped is None:
                return self._landed(start, given)
            if snapped.upper <= compiled.value(given).upper:
                return snapped
            return _better(self._landed(start, given), snapped)

    def raised(self, point: ArrayLike, fine: ArrayLike | None, epigraph: int) -> Verdict | None:
        """Judge a point whose epigraph variable is raised by just what the constraints lack: nothing is solved for.

        None where that would add more than a share of 1e-9 to the objective, or the raised point is not feasible.

        Parameters
        ----------
        point, fine : (n,) arrays
        epigraph : int
            A variable that occurs in the objective and in inequalities, there in one term, alone and with a positive
            coefficient; see `momentsos.conditioning.epigraph`.
        """
        x, d = self._pair(point, fine)
        with np.errstate(all="ignore"):
            lift = self._compiled.lift(sums_of_floats(x.tolist(), d.tolist()), x, epigraph)
            rate = float(self.problem.minimize.coefficient([int(i == epigraph) for i in range(len(x))]))
            if not rate * lift <= _LIFT * abs(self.problem.minimize(x)):
                return None
        d[epigraph] = np.nextafter(d[epigraph] + lift, math.inf) if lift else d[epigraph]
        verdict = self(x, d, limit=0.0)
        return verdict if verdict.feasible else None

    def mend(self, point: ArrayLike, fine: ArrayLike | None = None, *, limit: float = MEND, **options: Any) -> Verdict:
        """Judge a point that may be moved farther: what is accepted is a new point, with a value of its own."""
        return self(point, fine, limit=limit, **options)

    # -- ways to a feasible point --------------------------------------------------------------------------

    def _snapped(self, start: _Start, place: Floats, reach: float) -> Verdict | None:
        """Return the verdict on a feasible point with simple coordinates near a place, None without one."""
        reach = min(reach, start.limit)
        refused = np.where(start.d == 0.0, start.x, np.nan)
        found = feasible_neighbour(self._compiled, place, reach * start.sizes, refused, start.until)
        return None if found is None else self._exactly(found, start)

    def _snapped_from(self, start: _Start, place: Floats) -> Verdict | None:
        """Do the same near by first: the nearer a place is to a feasible point, the more digits fractions may have."""
        found = (self._snapped(start, place, share * start.limit) for share in _SHARES)
        return next((verdict for verdict in found if verdict is not None), None)

    def _exactly(self, point: tuple[Fraction, ...], start: _Start) -> Verdict | None:
        """Return the verdict on a rational point that is feasible, None where it is too far."""
        with ctx.workprec(_BITS):
            balls = [arb(fmpq(value.numerator, value.denominator)) for value in point]
        moved = start.distance(balls)
        if moved > start.limit:
            return None
        x, d = _as_floats(balls)
        sums = sums_of_floats(x.tolist(), d.tolist())
        if all(ball.is_exact() and ball == both for ball, both in zip(balls, sums, strict=True)):
            return Verdict(Feasibility.EXACT, x, d, self._compiled.value(sums), moved)
        short = self._compiled.fits(point)
        value = self._compiled.exact_value(point) if short else self._compiled.value(balls)
        return Verdict(Feasibility.EXACT, x, d, value, moved, exact_point=point)

    def _landed(self, start: _Start, given: list[arb]) -> Verdict:
        """Follow Newton's method; where it proves nothing, look for simple coordinates and simpler constraints."""
        landing = land(self._compiled, given, start.sizes, start.limit, start.until)
        refused = Verdict(None, start.x, start.d, moved=landing.moved, reason=landing.reason)
        if landing.feasibility is not None or landing.reason is Refusal.NO_TIME:
            return self._ended(landing, start) or refused
        if landing.reason is Refusal.TOO_FAR and landing.steps == 0:
            return refused
        snapped = self._snapped_from(start, _as_floats(landing.point)[0]) or self._snapped_from(start, start.x)
        if snapped is not None:
            return snapped
        if self.simpler is not None:
            simpler = self.simpler(start.x, start.d, units=start.sizes, limit=start.limit, until=start.until)
            return simpler if simpler.feasible else refused
        if landing.reason is not Refusal.STALLED:
            return refused
        landing = land(self._compiled, given, start.sizes, start.limit, start.until, multiple=True)
        return self._ended(landing, start) or self._snapped_from(start, _as_floats(landing.point)[0]) or refused

    def _ended(self, landing: Landing, start: _Start) -> Verdict | None:
        """Return the verdict on where Newton's method ended: on a fraction, where it converged to one."""
        if landing.feasibility in (Feasibility.EXACT, Feasibility.PROVED):
            return self._verdict(landing, start)
        if landing.reason in (None, Refusal.STALLED):
            limit = feasible_limit(self._compiled, landing.point)
            exact = None if limit is None else self._exactly(limit, start)
            if exact is not None:
                return exact
        if landing.feasibility is None:
            return None
        # At a root of high multiplicity, 120 digits of a violation are few of the point.
        return self._snapped(start, _as_floats(landing.point)[0], _SNAP_END) or self._verdict(landing, start)

    def _verdict(self, landing: Landing, start: _Start) -> Verdict:
        """Return the verdict on the point where Newton's method ended."""
        compiled, point = self._compiled, landing.point
        x, d = _as_floats(point)
        if landing.feasibility is not Feasibility.EXACT:
            with ctx.workprec(_BITS):
                box = [
                    ball + arb(0.0, landing.radius * size) if landing.radius else ball
                    for ball, size in zip(point, start.sizes.tolist(), strict=True)
                ]
            return Verdict(landing.feasibility, x, d, compiled.value(box), landing.moved)
        rounded = sums_of_floats(x.tolist(), d.tolist())
        if compiled.holds(rounded, compiled.tables.at(x), start.until):
            moved = start.distance(rounded)
            return Verdict(Feasibility.EXACT, x, d, compiled.value(rounded), moved)
        exactly = tuple(map(fraction_of, point))
        return Verdict(Feasibility.EXACT, x, d, compiled.value(point), landing.moved, exact_point=exactly)

    # -- what is prepared once -----------------------------------------------------------------------------

    @property
    def units(self) -> Floats:
        """Natural units of the variables: those in which the terms of each constraint have nearly the same size."""
        return self._compiled.units

    @cached_property
    def simpler(self) -> PointJudge | None:
        """The judge of the problem without squared factors, whose feasible points are feasible; None without any."""
        simpler = without_squares(self.problem, self._compiled.constraints)
        return None if simpler is None else PointJudge(simpler, self.squares)

    @cached_property
    def regular(self) -> Problem | None:
        """The problem without squared factors where its points are the same; None without any, or of many terms."""
        size = sum(len(p) for p in (*self.problem.inequalities, *self.problem.equalities))
        return None if size > _TERMS else without_squares(self.problem, self._compiled.constraints, equivalent=True)

    @cached_property
    def _compiled(self) -> Compiled:
        return Compiled(self.problem, self.squares)

    def _pair(self, point: ArrayLike, fine: ArrayLike | None) -> tuple[Floats, Floats]:
        """Return a point as a float and the rest, which is less than half a unit in the last place."""
        n = self.problem.n_variables
        x = np.array(point, dtype=np.float64)
        d = np.zeros(n) if fine is None else np.array(fine, dtype=np.float64)
        if x.shape != (n,) or d.shape != (n,):
            raise InvalidInput(f"point of shape {x.shape}, fine of shape {d.shape}: expected {(n,)}")
        with np.errstate(all="ignore"):
            return two_sum(x, d) if d.any() else (x, d)

    def _units(self, units: ArrayLike | None) -> Floats:
        if units is None:
            return self.units
        given = np.array(units, dtype=np.float64)
        if given.shape != (self.problem.n_variables,) or not ((given > 0) & np.isfinite(given)).all():
            raise InvalidInput(f"units: expected {self.problem.n_variables} positive numbers")
        return given

    def __reduce__(self) -> tuple[type[PointJudge], tuple[Problem, tuple[Polynomial, ...]]]:
        return PointJudge, (self.problem, self.squares)


@dataclass(frozen=True, eq=False)
class _Start:
    """The point that is asked about, the sum of `x` and `d`, with the sizes of its coordinates and the limits."""

    x: Floats
    d: Floats
    sizes: Floats
    limit: float
    until: float

    def distance(self, point: Sequence[arb]) -> float:
        """Return how far another point is, in units, rounded up."""
        with ctx.workprec(_BITS):
            given = sums_of_floats(self.x.tolist(), self.d.tolist())
            moves = [float((a - b).abs_upper()) for a, b in zip(point, given, strict=True)]
        return float((np.array(moves) / self.sizes).max(initial=0.0)) * (1.0 + 1e-12)


def _as_floats(point: Sequence[arb]) -> tuple[Floats, Floats]:
    """Return the middle of balls as a float and what a second one holds of the rest."""
    x = [float(ball) for ball in point]
    with ctx.workprec(_BITS):
        rest = [float((ball - value).mid()) for ball, value in zip(point, x, strict=True)]
    return np.array(x), np.array(rest)


def _better(landed: Verdict, snapped: Verdict) -> Verdict:
    """Return a proved point that is lower than one with simple coordinates by more than rounding, else the latter."""
    proved = landed.feasibility in (Feasibility.EXACT, Feasibility.PROVED)
    return landed if proved and landed.upper < snapped.upper - _ROUNDING * abs(snapped.upper) else snapped
