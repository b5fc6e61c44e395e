"""Compiled code that panics raises what is no Exception: the solve is one that failed, and a user goes on."""

from __future__ import annotations

from fractions import Fraction

import pytest

import momentsos as ms
from momentsos.solvers import SolverOptions, solve_sdp

clarabel = pytest.importorskip("clarabel")


class _Panic(BaseException):
    pass


class _Panicking:
    def __init__(self, *_: object) -> None:
        pass

    def solve(self) -> None:
        raise _Panic("Eigval error: Eigen(1)")


def _relaxation() -> ms.Relaxation:
    x, y = ms.variables("x y")
    return ms.relax(ms.Problem((x * y - Fraction(3, 2)) ** 2 + x**2, [4 - x**2 - y**2]), order=2)


def test_a_panic_is_a_failed_solve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clarabel, "DefaultSolver", _Panicking)
    with pytest.raises(ms.SolverFailed, match=r"clarabel broke down: Eigval error: Eigen\(1\)"):
        solve_sdp("clarabel", _relaxation().sdp, SolverOptions())


def test_an_interruption_is_no_panic(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(_Panicking, "solve", interrupted)
    monkeypatch.setattr(clarabel, "DefaultSolver", _Panicking)
    with pytest.raises(KeyboardInterrupt):
        solve_sdp("clarabel", _relaxation().sdp, SolverOptions())
