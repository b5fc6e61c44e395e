import numpy as np
from numpy.typing import NDArray

_Integers = NDArray[np.intc]
_Index = NDArray[np.intp]

def order_moments(
    bounds: _Integers, moments: _Integers, n: int, most: float, few: int
) -> tuple[_Index, int, float, _Index, _Index, _Index] | None: ...
