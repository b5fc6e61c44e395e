import numpy as np
from numpy.typing import NDArray

_Integers = NDArray[np.intc]

def fold_rows(
    offsets: _Integers, pointers: _Integers, columns: _Integers, values: NDArray[np.float64]
) -> tuple[_Integers, NDArray[np.float64], _Integers, _Integers, _Integers, NDArray[np.float64]]: ...
def distinct_supports(
    offsets: _Integers, pointers: _Integers, columns: _Integers, n: int, most: float
) -> tuple[_Integers, _Integers] | None: ...
