"""The one rule by which a gap between two bounds is measured, and counts as closed."""

from __future__ import annotations

#: Below this, an upper bound counts as zero when a relative gap is formed.
GAP_FLOOR = 1e-8
#: A gap of this share of the objective's own scale counts as closed.
ABSOLUTE_GAP = 1e-8


def absolute_gap(lower: float | None, upper: float | None) -> float | None:
    """Return the upper minus the lower bound, None when one is missing."""
    return None if lower is None or upper is None else upper - lower


def relative_gap(lower: float | None, upper: float | None) -> float | None:
    """Return the gap over ``max(|upper|, 1e-8)``, None when a bound is missing."""
    return None if lower is None or upper is None else (upper - lower) / max(abs(upper), GAP_FLOOR)


def closes(lower: float | None, upper: float | None, scale: float, tol: float) -> bool:
    """Whether the gap is closed: relative gap at most `tol`, or absolute gap at most 1e-8 of `scale`."""
    if lower is None or upper is None:
        return False
    allowed = max(tol * max(abs(upper), GAP_FLOOR if scale > GAP_FLOOR else 0.0), ABSOLUTE_GAP * scale)
    return abs(upper - lower) <= allowed
