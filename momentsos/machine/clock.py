"""Work that is not worth finishing once the time is over."""

from __future__ import annotations

import math
import time

from ..errors import ProblemTooLarge

#: Floating-point operations that dense linear algebra does in a second on one thread, at least.
OPERATIONS = 4e9


def refuse_if_late(until: float, doing: str, ahead: float = 0.0) -> None:
    """Raise `ProblemTooLarge` where the time is over before a problem exists that an answer could be about.

    Parameters
    ----------
    until : float
        When it is over, by `time.perf_counter`; infinite without a limit.
    doing : str
        What was being done.
    ahead : float
        Seconds that the next step will take, which cannot be interrupted.
    """
    if until < math.inf and time.perf_counter() + ahead > until:
        raise ProblemTooLarge(
            f"the time limit was reached while {doing}: take smaller degrees, fewer samples, or a longer time_limit",
            0,
            0,
        )
