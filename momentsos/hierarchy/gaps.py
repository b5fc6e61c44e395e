r"""The one rule by which a gap between two bounds is measured.

The bounds are those of the user's objective, whether it is minimised or maximised. With `u` the upper bound and `l` the
lower one, the relative gap is :math:`(u - l) / \\max(|u|, e)`. The unit `e` is 1,
or what the objective varies by over the problem's natural sizes where that is smaller; for a loss it is 1e-8 of the
targets, in the loss's own power.
"""

from __future__ import annotations


def absolute_gap(lower: float | None, upper: float | None) -> float | None:
    """Return the upper minus the lower bound, None when one is missing."""
    return None if lower is None or upper is None else upper - lower


def relative_gap(lower: float | None, upper: float | None, unit: float) -> float | None:
    """Return the gap over ``max(|upper|, unit)``, None when a bound is missing."""
    return None if lower is None or upper is None else (upper - lower) / max(abs(upper), unit)


def closes(lower: float | None, upper: float | None, unit: float, tol: float) -> bool:
    """Whether the relative gap is at most `tol`, and no bound is missing; a lower bound above the upper one is none."""
    gap = relative_gap(lower, upper, unit)
    return gap is not None and 0.0 <= gap <= tol
