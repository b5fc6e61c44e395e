from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from .tree import Tree

_Floats = NDArray[np.float64]
_Integers = NDArray[np.intc]
_Index = NDArray[np.intp]
_Rows = tuple[_Integers, _Integers, _Floats]
_Point = tuple[_Floats, _Floats, _Floats, float, float]

# The iteration

class Iteration:
    tau: float
    kappa: float
    mu: float
    primal_error: float
    dual_error: float
    gap: float
    worst: float
    objective: float
    objective_size: float
    smallest_pivot: float
    shift: float
    has_root: bool
    roots_at_once: bool
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
        rules: ModuleType,
        tree: Tree | None = None,
    ) -> None: ...
    def open(self) -> float: ...
    def load(self, factor: _Floats) -> None: ...
    def solved(self, right: _Floats) -> _Floats: ...
    def least_sizes(self) -> tuple[float, float]: ...
    def place(self, slack: float, gram: float, kappa: float) -> None: ...
    def iterate(self) -> _Point: ...
    def remember(self) -> None: ...
    def best(self) -> _Point: ...
    def measure(self) -> float: ...
    def factorise(self, by_root: bool) -> None: ...
    def hold(self) -> None: ...
    def repair(self, missing: _Floats) -> _Floats: ...
    def linearise(self) -> None: ...
    def direct(self, which: int, centring: float, share: float, before: int = -1) -> None: ...
    def longest(self, which: int) -> float: ...
    def lacking(self, which: int, share: float) -> float: ...
    def correct(self, which: int, at_anchor: bool) -> None: ...
    def move(self, which: int, length: float) -> bool: ...
    def fall(self) -> tuple[float, float]: ...
    def gain(self) -> tuple[float, float]: ...
    def image_size(self) -> float: ...
    def nearly_in_cone(self, violation: float, share: float) -> bool: ...

# workspace

MOST_KEPT_SPACE: int

def kept_space() -> tuple[int, int]: ...
def give_back_space() -> None: ...

# blocks

def lowest_eigenvalue(roots: _Floats, changes: _Floats, bound: float, precision: float) -> float: ...

# sparse_factor

def join_fronts(
    order: _Index, starts: _Index, bounds: _Index, later: _Index
) -> tuple[_Integers, _Integers, _Integers, _Integers, _Integers]: ...

# rows

def arrange(
    pointers: _Integers,
    columns: _Integers,
    values: _Floats,
    row_scale: _Floats,
    moment_scale: _Floats,
    place: _Integers,
) -> tuple[_Integers, _Floats]: ...
def put_in(
    pointers: _Integers,
    columns: _Integers,
    values: _Floats,
    head: int,
    coupling_pointers: _Integers,
    coupling_columns: _Integers,
    coupling: _Floats,
    floor: float,
) -> _Rows: ...
def restrict(pointers: _Integers, columns: _Integers, values: _Floats, place: _Integers) -> _Rows: ...
def apply_rows(
    pointers: _Integers,
    columns: _Integers,
    values: _Floats,
    upper: _Integers,
    lower: _Integers,
    moments: _Floats,
    dimension: int,
) -> _Floats: ...
def effect_of_rows(
    pointers: _Integers,
    columns: _Integers,
    values: _Floats,
    member: _Integers,
    factor: _Floats,
    moments: _Floats,
) -> _Floats: ...
def adjoint_of_rows(
    pointers: _Integers,
    columns: _Integers,
    values: _Floats,
    upper: _Integers,
    lower: _Integers,
    flat: _Floats,
    n: int,
) -> _Floats: ...
def residual_sums(
    pointers: _Integers,
    columns: _Integers,
    values: _Floats,
    all_pointers: _Integers,
    all_columns: _Integers,
    all_values: _Floats,
    upper: _Integers,
    lower: _Integers,
    constant: _Floats,
    gradient: _Floats,
    units: _Floats,
    free: _Floats,
    slack: _Floats,
    gram: _Floats,
    tau: float,
    n: int,
) -> tuple[_Floats, _Floats, float, float, float, float, float]: ...
def normal_matrix(
    pointers: _Integers,
    columns: _Integers,
    values: _Floats,
    member: _Integers,
    factor: _Floats,
    upper: _Integers,
    lower: _Integers,
    n: int,
) -> _Floats: ...

# folding

def fold_rows(
    offsets: _Integers, pointers: _Integers, columns: _Integers, values: _Floats, same: float
) -> tuple[_Integers, _Floats, _Integers, _Integers, _Integers, _Floats]: ...

# prepare/scaling

def is_badly_scaled(cost: _Floats, pointers: _Integers, values: _Floats, ratio: float, share: float) -> bool: ...
def sweep(
    offsets: _Index,
    pointers: _Integers,
    columns: _Integers,
    values: _Floats,
    rows: _Floats,
    moments: _Floats,
    turns: int,
    tie: float,
) -> None: ...

# prepare/logarithms

def solve_logarithms(
    offsets: _Index,
    pointers: _Integers,
    columns: _Integers,
    logarithms: _Floats,
    row_pointers: _Integers,
    row_columns: _Integers,
    row_values: _Floats,
    cost: _Floats,
    most: int,
    raised: float,
) -> tuple[_Floats, _Floats] | None: ...
def nearest_powers(offsets: _Index, moments: _Floats, sides: _Floats) -> tuple[_Floats, _Floats]: ...

# prepare/substitution

def substitute(
    pointers: _Integers,
    columns: _Integers,
    values: _Floats,
    right: _Floats,
    rows: _Integers,
    pivots: _Integers,
    place: _Integers,
    n_free: int,
    floor: float,
) -> tuple[_Integers, _Integers, _Floats, _Floats]: ...
def multipliers(
    pointers: _Integers,
    columns: _Integers,
    values: _Floats,
    rows: _Integers,
    pivots: _Integers,
    gradient: _Floats,
) -> _Floats: ...

# prepare/ordering

def distinct_supports(
    offsets: _Integers, pointers: _Integers, columns: _Integers, n: int, most: float
) -> tuple[_Integers, _Integers] | None: ...
def order_moments(
    bounds: _Integers, moments: _Integers, n: int, most: float, few: int
) -> tuple[_Index, int, float, _Index, _Index, _Index] | None: ...

# prepare/dependence

def independent_moments(
    matrix: _Floats,
    pointers: _Integers,
    columns: _Integers,
    values: _Floats,
    member: _Integers,
    factor: _Floats,
    gradient: _Floats,
    *,
    suspicious: float,
    left: float,
    share: float,
) -> tuple[_Index | None, _Floats] | None: ...
