"""The kinds of arrays that the solver works with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
#: Numbers of rows and columns, as NumPy has them, and as compiled code counts.
Index = NDArray[np.intp]
Integers = NDArray[np.intc]
