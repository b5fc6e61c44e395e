import numpy as np
from numpy.typing import NDArray

_Integers = NDArray[np.intc]
_Floats = NDArray[np.float64]

def settled(
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
) -> tuple[NDArray[np.intp] | None, _Floats] | None: ...
