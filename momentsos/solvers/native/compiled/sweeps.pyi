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
