import numpy as np
from numpy.typing import NDArray

_Rows = tuple[NDArray[np.intc], NDArray[np.intc], NDArray[np.float64]]

def widened(stack: NDArray[np.float64], low: float, high: float) -> tuple[float, float]: ...
def recomputed(
    equalities: _Rows,
    operator: _Rows,
    cost: NDArray[np.float64],
    right_side: NDArray[np.float64],
    sizes: tuple[int, ...],
    moments: NDArray[np.float64],
    equality_duals: NDArray[np.float64],
    gram: NDArray[np.float64],
) -> tuple[float, float, float, float, float, float, float]: ...
