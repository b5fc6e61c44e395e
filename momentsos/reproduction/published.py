"""The figures as they were published, four decimals.

Source: Zhang, Nie and Tang, *Learning polynomial activation functions for deep neural networks* (2025), Tables 1-5;
GloptiPoly 3 with SeDuMi, relaxation order 3, on an M1 Max.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

#: The sizes (N, m) of the rows of every table; all layers have the same width m.
SIZES: tuple[tuple[int, int], ...] = ((50, 20), (100, 25), (150, 30), (200, 35), (250, 40))

#: The standard deviation of the noise.
NOISE = 1e-2


@dataclass(frozen=True)
class Published:
    r"""One row of a published table; None where the table has no such column.

    Attributes
    ----------
    abs_error : float or None
        :math:`\|c_{true} - c_{pred}\|_2`.
    rel_error : float or None
        The same over :math:`\|\varepsilon\|_2`, with the one noise vector of the data set.
    seconds : float or None
    mse, rmse : float or None
        On a fresh test set. The printed RMSE is not always the root of the printed MSE.
    """

    abs_error: float | None = None
    rel_error: float | None = None
    seconds: float | None = None
    mse: float | None = None
    rmse: float | None = None


#: The degrees of the hidden layers of each table.
DEGREES: MappingProxyType[str, tuple[int, ...]] = MappingProxyType(
    {"table1": (2, 2), "table2": (2, 3), "table3": (1, 1, 1), "table4": (2, 1, 1), "table5": (3, 2)}
)

#: The rows of each table, in the order of `SIZES`.
TABLES: MappingProxyType[str, tuple[Published, ...]] = MappingProxyType(
    {
        "table1": (
            Published(0.0019, 0.0452, 5.33),
            Published(0.0013, 0.0295, 5.90),
            Published(0.0014, 0.0265, 7.04),
            Published(0.0018, 0.0323, 6.38),
            Published(0.0012, 0.0201, 7.95),
        ),
        "table2": (
            Published(0.0065, 0.1332, 17.3),
            Published(0.0061, 0.1203, 20.8),
            Published(0.0020, 0.0381, 22.9),
            Published(0.0012, 0.0197, 24.6),
            Published(0.0012, 0.0182, 26.4),
        ),
        "table3": (
            Published(0.0016, 0.0368, 1.00),
            Published(0.0012, 0.0254, 0.98),
            Published(0.0006, 0.0114, 1.14),
            Published(0.0011, 0.0172, 1.25),
            Published(0.0009, 0.0151, 1.39),
        ),
        "table4": (
            Published(0.0012, 0.0295, 2.85),
            Published(0.0055, 0.1252, 3.45),
            Published(0.0030, 0.0540, 3.83),
            Published(0.0009, 0.0143, 4.05),
            Published(0.0007, 0.0122, 4.32),
        ),
        "table5": (
            Published(mse=0.0090, rmse=0.0830),
            Published(mse=0.0026, rmse=0.0511),
            Published(mse=0.0046, rmse=0.0669),
            Published(mse=0.0078, rmse=0.0808),
            Published(mse=0.0133, rmse=0.1002),
        ),
    }
)
