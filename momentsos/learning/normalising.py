"""The chart in which a network is learned: one in which the best coefficients known are not far out.

The first chart of a network is that of the constants, which costs nothing. Where the search finds no end in it, or one
at which a constant is negligible, a search without any normalisation says which coefficient each layer can be
normalised by. A bound in one chart is one for all (`momentsos.learning.charts`).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..errors import ProblemTooLarge
from .charts import chart_at, highest_chart, moved
from .formulate import Formulation, Goal, formulated
from .network import PolynomialNetwork
from .starts import least_squares_points

Floats = NDArray[np.float64]

#: Evaluations of the residuals in one run of a search without normalisation.
EVALUATIONS = 300
#: It ends when the best value was found this many times.
ENOUGH = 4
#: A share of the loss at zero coefficients, squared, below which an end of the search leaves nothing to look for.
SMALL = 1e-2


def is_chosen(network: PolynomialNetwork) -> bool:
    """Whether the chart of a network is one of several, and nobody asked for it."""
    return network.normalisation == "auto" and bool(network.chart)


def suits(formulation: Formulation, points: Floats, X: Floats) -> bool:
    """Whether the chart of a formulation is the one for its best point, and that point leaves little of the loss."""
    if not len(points):
        return False
    nothing = formulation.lifted(np.zeros(formulation.problem.n_variables))
    with np.errstate(all="ignore"):
        share = SMALL if formulation.norm.squared else SMALL**0.5
        small = formulation.objective(points[0]) <= share * formulation.objective(nothing)
        chart = chart_at(formulation.network, formulation.coefficients(points[0]), X)
    return small and chart == formulation.network.chart


def searched_further(
    formulation: Formulation, goal: Goal, points: Floats, X: Floats, Y: Floats, seed: int, until: float
) -> tuple[Formulation, Floats]:
    """Return the same loss in the chart that suits the best coefficients known, and points there, best first.

    To `points` come the ends of searches without normalisation, in the chart of the highest places, where functions
    without a constant are found most easily, and in the chart that is chosen.
    """
    network = formulation.network
    found = [(formulation.objective(p), formulation.coefficients(p)) for p in points]
    try:
        for normalisation in ("none", highest_chart(network)):
            other = formulated(replace(network, normalisation=normalisation), X, Y, goal, until)
            ends = least_squares_points(other, seed, until=until, evaluations=EVALUATIONS, enough=ENOUGH)
            found += [(other.objective(p), other.coefficients(p)) for p in ends]
    except ProblemTooLarge:  # no time is left for it
        return formulation, points
    found.sort(key=lambda pair: pair[0])
    if not found:
        return formulation, points
    with np.errstate(all="ignore"):
        chart = chart_at(network, found[0][1], X)
    own, more = formulation, np.zeros((0, formulation.problem.n_variables))
    if chart != network.chart:
        try:
            own = formulated(replace(network, normalisation=chart), X, Y, goal, until)
        except ProblemTooLarge:  # as above
            return formulation, points
        more = least_squares_points(own, seed, until=until, evaluations=EVALUATIONS)
    there = [*more]
    with np.errstate(all="ignore"):
        for _, coefficients in found:
            point = own.flatten(moved(network, coefficients, chart))
            if np.isfinite(point).all():
                there.append(own.lifted(point))
    return own, np.array(sorted(there, key=own.objective)).reshape(-1, own.problem.n_variables)
