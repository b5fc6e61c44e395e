import numpy as np
from numpy.typing import NDArray

def lowest_of(roots: NDArray[np.float64], changes: NDArray[np.float64], bound: float) -> float: ...
