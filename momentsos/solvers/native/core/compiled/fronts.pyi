import numpy as np
from numpy.typing import NDArray

_Integers = NDArray[np.intc]
_Index = NDArray[np.intp]

def fronts_of(
    order: _Index, starts: _Index, bounds: _Index, later: _Index
) -> tuple[_Integers, _Integers, _Integers, _Integers, _Integers]: ...
