import numpy as np
from numpy.typing import NDArray

_Integers = NDArray[np.intc]
_Floats = NDArray[np.float64]
_Rows = tuple[_Integers, _Integers, _Floats]

def arranged(
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
def restricted(pointers: _Integers, columns: _Integers, values: _Floats, place: _Integers) -> _Rows: ...
def apply(
    pointers: _Integers,
    columns: _Integers,
    values: _Floats,
    upper: _Integers,
    lower: _Integers,
    moments: _Floats,
    dimension: int,
) -> _Floats: ...
def effect(
    pointers: _Integers,
    columns: _Integers,
    values: _Floats,
    member: _Integers,
    factor: _Floats,
    moments: _Floats,
) -> _Floats: ...
def adjoint(
    pointers: _Integers,
    columns: _Integers,
    values: _Floats,
    upper: _Integers,
    lower: _Integers,
    flat: _Floats,
    n: int,
) -> _Floats: ...
def sums(
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
