"""One driver, two cores: in compiled code and in NumPy they go through the same iterates."""

import numpy as np
import pytest
from solvers.compiled import needs_compiled
from solvers.test_native import FAMILIES, feasible, infeasible, unbounded
from solvers.test_native_sparse import PROGRAMS

from momentsos.solvers.native import rules
from momentsos.solvers.native.core.compiled import start as compiled_start
from momentsos.solvers.native.core.numpy import start as numpy_start
from momentsos.solvers.native.core.numpy.scaled import make_scaled
from momentsos.solvers.native.options import NativeOptions
from momentsos.solvers.native.path import Limits, follow
from momentsos.solvers.native.prepare.estimates import elimination_order
from momentsos.solvers.native.prepare.scaled import prepare
from momentsos.solvers.native.start import begin

needs_compiled()

#: Iterations that are compared, and how far iterates may be apart before the first and after each, as a share of the
#: largest number of their kind, at least 1e-3. Rounding grows with the condition of the metric: 3e-7 was seen after the
#: last one. A rule that differs shows in the first digits.
STEPS, APART = 5, (1e-14, 1e-11, 1e-10, 1e-8, 1e-6, 1e-5)

#: Programs by what is particular to them, with the number of seeds.
KINDS = {
    **{family: (lambda seed, kind=kind: feasible(seed, **kind)[0], 5) for family, kind in FAMILIES.items()},
    "equalities": (lambda seed: feasible(seed, n=30, p=6)[0], 5),
    "side by side": (lambda seed: feasible(seed, sizes=(3,) * 19 + (7,) * 9 + (1,) * 5, n=30)[0], 5),
    "infeasible": (lambda seed: infeasible(seed, False), 5),
    "infeasible, on the boundary": (lambda seed: infeasible(seed, True), 5),
    "unbounded": (lambda seed: unbounded(seed, False), 5),
    "unbounded, on the boundary": (lambda seed: unbounded(seed, True), 5),
}


class Recorded:
    """A core that keeps the iterates it was measured at."""

    def __init__(self, core):
        self.core, self.iterates = core, []

    def __getattr__(self, name):
        return getattr(self.core, name)

    def measure(self):
        self.iterates.append(self.core.iterate())
        return self.core.measure()


def iterates(started):
    """Follow the path of a program in one of the cores."""
    core = Recorded(started.core)
    begin(core, 1.0)
    run = follow(started.program, core, NativeOptions(), Limits(1e-9, STEPS, np.inf))
    return core.iterates, run


def compare(sdp, monkeypatch):
    """Hold the iterates of both cores against each other."""
    # Eigenvalues that bound a step are found to four digits only, and so are lengths: here to all digits.
    monkeypatch.setattr(rules, "EIGENVALUE_PRECISION", 1e-14)
    ordering = elimination_order(sdp)
    prepared = prepare(sdp)
    quick = compiled_start.make_start(prepared, ordering)
    slow = numpy_start.make_start(make_scaled(prepared))
    assert quick is not None and slow.ray is None
    (one, first), (two, second) = iterates(quick), iterates(slow)
    assert len(one) == len(two) and first.ending is second.ending and first.iterations == second.iterations
    for number, (left, right) in enumerate(zip(one, two, strict=True)):
        for name, a, b in zip(("free", "slack", "gram", "tau", "kappa"), left, right, strict=True):
            apart = np.abs(np.asarray(a) - b).max(initial=0.0) / max(np.abs(b).max(initial=0.0), 1e-3)
            assert apart <= APART[number], (number, name, apart)
    return len(one)


@pytest.mark.parametrize("kind", KINDS)
def test_both_cores_go_through_the_same_iterates(kind, monkeypatch):
    make, seeds = KINDS[kind]
    assert sum(compare(make(200 + seed), monkeypatch) for seed in range(seeds)) >= 4 * seeds


@pytest.mark.parametrize("name", PROGRAMS)
def test_both_cores_go_through_the_same_iterates_of_sparse_programs(name, monkeypatch):
    sdp = PROGRAMS[name]
    assert elimination_order(sdp) is not None
    assert compare(sdp, monkeypatch) == STEPS + 1
