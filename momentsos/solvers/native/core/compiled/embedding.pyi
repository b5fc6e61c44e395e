from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .tree import Tree

RUNNING: int
RAY: int
CONVERGED: int
HAND_OVER: int
STALLED: int
ITERATIONS: int
TIME: int

_Floats = NDArray[np.float64]
_Integers = NDArray[np.intc]
_Arrays = tuple[_Floats, _Floats, _Floats, float, float]

class Embedding:
    iteration: int
    def __init__(
        self,
        sizes: _Integers,
        starts: _Integers,
        upper: _Integers,
        lower: _Integers,
        member: _Integers,
        factor: _Floats,
        heads: _Integers,
        pointers: _Integers,
        columns: _Integers,
        values: _Floats,
        constant: _Floats,
        gradient: _Floats,
        row_units: _Floats,
        gradient_units: _Floats,
        objective_shift: float,
        objective_unit: float,
        *,
        tree: Tree | None = None,
    ) -> None: ...
    def open(self) -> float: ...
    def load(self, factor: _Floats) -> None: ...
    def begin(
        self, scale: float, least_slack: float, least_gram: float, largest_size: float
    ) -> tuple[float, float, float]: ...
    def solved(self, right: _Floats) -> _Floats: ...
    def follow(
        self,
        *,
        tol: float,
        fraction: float,
        refinements: int,
        correctors: int,
        max_iterations: int,
        deadline: float,
        is_ray: Callable[[], bool],
    ) -> int: ...
    def best_point(self) -> _Arrays: ...
    def current_point(self) -> _Arrays: ...
    def repair(self, missing: _Floats) -> _Floats: ...
