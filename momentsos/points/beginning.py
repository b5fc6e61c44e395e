"""Where the search for points of a problem begins: its units, the candidates, the first descents."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..conditioning.affine import balanced_units, half_widths, scale_by
from ..conditioning.epigraph import epigraph_variable
from ..errors import InvalidInput
from ..polynomials.affine import change_polynomials
from ..problem import Problem
from .flips import two_valued_points
from .judge import PointJudge
from .known import FAR, Changed, Known
from .local_search import LocalPoint, random_starts
from .options import SearchOptions
from .spheres import on_sphere
from .violation import with_mended_points

Floats = NDArray[np.float64]

#: A point far out does not run away when a further descent, in units of its own size, moves its large coordinates by at
#: most this share.
SETTLED = 0.05
#: Starting points at most, and how often the best value is to be found without candidates.
_STARTS, _ENOUGH = 24, 4
#: Starts that lead to no feasible point, after which another way is tried.
_PATIENCE = 6


def first_points(problem: Problem, options: SearchOptions, candidates: Floats | None = None) -> Known:
    """Return the first feasible points of a problem, and the units in which they are kept.

    Where a candidate is feasible and near, nothing is searched at first: `Known.looked_further` does when it is
    needed.

    Parameters
    ----------
    problem : Problem
    options : SearchOptions
    candidates : (r, n) array, optional
        In the user's units.
    """
    epigraph, widths = epigraph_variable(problem), half_widths(problem)
    units = np.where(np.isfinite(widths) & (widths > 0), widths, balanced_units(problem))
    judge = PointJudge(problem, options.squares)
    search = _measured(judge, epigraph, units, options.until)
    terms = search.change.objective * (search.change.problem.minimize.scale or 1.0)
    known = Known(problem, options, judge, epigraph, search, terms)
    starts = search.change.point(random_starts(problem.n_variables, _STARTS, options.seed))
    there = on_sphere(problem, starts)
    starts = starts if there is None else there[1:]  # without the origin
    flipped = two_valued_points(problem, options.seed, options.until)
    if flipped is not None:  # descents over the roots of equalities are no better
        candidates, starts = flipped if candidates is None else np.concatenate([candidates, flipped]), starts[:0]
    if candidates is not None:
        given = np.atleast_2d(np.asarray(candidates, dtype=np.float64))
        known = known.with_points(search.local.assess(point) for point in search.change.inverse_point(given))
        starts = np.concatenate([given, starts])
    known = replace(known, waiting=tuple(starts))
    if known.best is None:
        enough = _STARTS if problem.equalities else _ENOUGH  # sets of a few points: many starts end in each
        known = known.looked_further(enough, _PATIENCE)
        if known.best is None:  # perhaps a set without an interior
            known = with_mended_points(known)
        known = replace(known.looked_further(enough) if known.best is None else known, waiting=())
    elif known.is_far:
        known = known.looked_further(1)  # where it ends tells whether it runs away
    if known.points:
        known = _in_larger_units(known, np.where(np.isfinite(widths), 1.0, np.abs(known.points[0].point)))
    if options.scale is None:  # the objective's own size is to be judged where the problem happens
        known = known.centred_around_best()
    return known


def _measured(judge: PointJudge, epigraph: int | None, units: Floats, until: float) -> Changed:
    """Return the problem in these units; the search sees constraints without squared factors, where slopes vanish."""
    change, squares = scale_by(judge.problem, units), judge.squares
    if squares:
        roots = change_polynomials(squares, np.zeros(len(units)), change.matrix)
        squares = tuple(r * change.objective**-0.5 for r in roots)
    regular = None if judge.regular is None else scale_by(judge.regular, units).problem
    return Changed.of(change, epigraph, squares, regular, until)


def _in_larger_units(known: Known, size: Floats) -> Known:
    """Measure in units in which the best point has size one, unless it is far out because it runs away."""
    if size.max() <= 2 or (size.max() > FAR and not _settled(known, known.points[0])):
        return known
    old, units = known.change, np.diag(known.change.matrix) * np.maximum(size, 1.0)
    search = _measured(known.judge, known.epigraph, units, known.options.until)
    share = np.diag(old.matrix) / np.diag(search.change.matrix)  # of powers of two: nothing is rounded
    points = tuple(
        replace(p, point=share * p.point, fine=share * p.fine, value=search.change.inverse_value(old.value(p.value)))
        for p in known.points
    )
    return replace(known, search=search, points=points)


def _settled(known: Known, point: LocalPoint) -> bool:
    """Whether a descent from a point, in units of its own size and of its value, leaves large coordinates there."""
    large = np.abs(point.point) > FAR
    place, value = known.change.point(point.point), known.change.value(point.value)
    try:
        own = scale_by(known.problem, np.where(place == 0.0, 1.0, np.abs(place)))
    except InvalidInput:  # so far out that powers overflow
        return False
    problem, start = own.problem, own.inverse_point(place)
    objective = problem.minimize * (own.objective / max(abs(value), 1e-300))
    same = Problem(objective, problem.inequalities, problem.equalities, problem.variables)
    end = Changed.of(replace(own, problem=same), known.epigraph, until=known.options.until).local.descend(start)
    return float(np.abs(end.point - start)[large].max()) <= SETTLED
