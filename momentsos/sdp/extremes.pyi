import numpy as np
from numpy.typing import NDArray

def widened(stack: NDArray[np.float64], low: float, high: float) -> tuple[float, float]: ...
