import numpy as np
from numpy.typing import NDArray

_Integers = NDArray[np.intc]
_Floats = NDArray[np.float64]

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
