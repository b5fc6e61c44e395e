import numpy as np
from numpy.typing import NDArray

_Integers = NDArray[np.intc]
_Floats = NDArray[np.float64]

def is_badly_scaled(cost: _Floats, pointers: _Integers, values: _Floats, ratio: float, share: float) -> bool: ...
def sweep(
    offsets: NDArray[np.intp],
    pointers: _Integers,
    columns: _Integers,
    values: _Floats,
    rows: _Floats,
    moments: _Floats,
    turns: int,
) -> None: ...
