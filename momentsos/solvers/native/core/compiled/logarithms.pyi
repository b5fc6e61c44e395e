import numpy as np
from numpy.typing import NDArray

_Integers = NDArray[np.intc]
_Floats = NDArray[np.float64]

def solve(
    offsets: NDArray[np.intp],
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
def powers(offsets: NDArray[np.intp], moments: _Floats, sides: _Floats) -> tuple[_Floats, _Floats]: ...
