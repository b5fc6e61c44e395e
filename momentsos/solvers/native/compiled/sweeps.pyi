import numpy as np
from numpy.typing import NDArray

_Integers = NDArray[np.intc]
_Floats = NDArray[np.float64]

def sweep(
    offsets: _Integers,
    pointers: _Integers,
    columns: _Integers,
    values: _Floats,
    rows: _Floats,
    moments: _Floats,
    turns: int,
) -> _Floats: ...
def alike(sizes: _Integers, offsets: _Integers, pointers: _Integers, columns: _Integers) -> _Integers: ...
def normal_equations(
    sizes: _Integers,
    offsets: _Integers,
    pointers: _Integers,
    columns: _Integers,
    logarithms: _Floats,
    like: _Integers,
    first: _Integers,
    other_moments: _Integers,
    other_rows: _Integers,
    others: _Floats,
    n: int,
    rest: int,
) -> tuple[_Floats, _Floats, _Floats, _Floats]: ...
def sides(
    sizes: _Integers,
    offsets: _Integers,
    pointers: _Integers,
    columns: _Integers,
    logarithms: _Floats,
    moments: _Floats,
) -> _Floats: ...
