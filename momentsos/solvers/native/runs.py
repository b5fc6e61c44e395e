"""A run in either core: in compiled code where that is plain, and in NumPy, which has something for what is rare."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...sdp import SDPSolution
from .core.compiled import start as compiled_start
from .core.iterate import Iterate, measure
from .core.numpy import start as numpy_start
from .core.numpy.scaled import make_scaled
from .options import NativeOptions
from .path import Ending, Limits, Run, follow
from .prepare.choice import fits_densely
from .prepare.estimates import elimination_order
from .prepare.scaled import Prepared
from .start import begin
from .warm import warm_start


def run_compiled(prepared: Prepared, options: NativeOptions, limits: Limits) -> Run | None:
    """Solve a program in compiled code; None for what NumPy has to do from the beginning.

    That is what is not plain, see `momentsos.solvers.native.core.compiled.start.make_start`; a matrix that cannot be
    factored on the way, or no step that stays in the interior; and a stall with a dense Schur complement, whose square
    root NumPy can factor where it is larger.
    """
    ordering = None if fits_densely(prepared.sdp) else elimination_order(prepared.sdp)
    started = compiled_start.make_start(prepared, ordering)
    if started is None:
        return None
    try:
        begin(started.core, options.start_scale)
    except np.linalg.LinAlgError:
        return None
    run = follow(started.program, started.core, options, limits)
    if run.ending is Ending.STALLED and (run.is_broken or ordering is None):
        return None
    # Residuals over all moments may be larger than those over the unknowns, which the iteration has seen.
    return None if run.ending is Ending.CONVERGED and not run.measure.worst <= limits.tol else run


def run_in_numpy(
    prepared: Prepared, options: NativeOptions, limits: Limits, near: SDPSolution | None, verbose: bool
) -> tuple[Run, bool]:
    """Solve a program in NumPy, from the answer to one `near` it where that is given and helps.

    Returns
    -------
    run : Run
        With the iterations of both, where the warm start had to be followed by a cold one.
    is_warm : bool
        Whether it is that of the warm start.

    Raises
    ------
    numpy.linalg.LinAlgError
        When not even the first iterate can be taken.
    """
    started = numpy_start.make_start(make_scaled(prepared))
    program, core = started.program, started.core
    begin(core, options.start_scale)
    if started.ray is not None:
        point = Iterate(*core.iterate())
        state = measure(program, point)
        return Run(program, point, state, Ending.DUAL_INFEASIBLE, 0, primal_ray=started.ray), False
    is_warm = near is not None and warm_start(core, near)
    run = follow(program, core, options, limits, verbose)
    if not is_warm or run.ending is not Ending.STALLED:
        return run, is_warm
    begin(core, options.start_scale)
    return _better(run, follow(program, core, options, limits, verbose)), False


def _better(first: Run, second: Run) -> Run:
    """Return the run with the smaller residuals, or the one with a ray; the iterations are those of both."""
    worse = second.ending is Ending.STALLED and first.measure.worst < second.measure.worst
    return replace(first if worse else second, iterations=first.iterations + second.iterations)
