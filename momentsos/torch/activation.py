"""The polynomial that takes the place of an activation."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from ..errors import InvalidInput
from ..machine.checks import converted, real_array
from ..models.series import Series

#: Coefficients that `extra_repr` shows.
_SHOWN = 6


class PolynomialActivation(nn.Module):
    r"""The activation :math:`p(t) = \sum_k c_k u^k` of :math:`u = (t - \text{centre}) / \text{scale}`, entry by entry.

    The coefficients are a parameter, so that they can be trained further; centre and scale are buffers. All three are
    in the state of the module. It is evaluated by Horner's rule, in the precision of its input.

    Parameters
    ----------
    coefficients : (d + 1,) array
        The `c`, ascending.
    centre, scale : float
        Units in which coefficients are of one size; by default the coefficients are those of the powers of `t`.

    Attributes
    ----------
    degree : int
        The number of coefficients less one.

    Raises
    ------
    InvalidInput
        Coefficients that are no list of finite numbers, a scale that is not positive.

    Examples
    --------
    >>> import torch, momentsos as ms
    >>> square = ms.torch.PolynomialActivation([0.0, 0.0, 1.0])
    >>> square(torch.tensor([3.0])).tolist()
    [9.0]
    """

    def __init__(self, coefficients: Any, centre: float = 0.0, scale: float = 1.0) -> None:
        super().__init__()
        given = coefficients.detach().cpu() if isinstance(coefficients, torch.Tensor) else coefficients
        values = torch.from_numpy(real_array(given, "coefficients", "a list of numbers"))
        middle, unit = (converted(float, value, "centre, scale", "two numbers") for value in (centre, scale))
        if values.dim() != 1 or not len(values) or not bool(values.isfinite().all()):
            raise InvalidInput(f"coefficients of shape {tuple(values.shape)}: expected a list of finite numbers")
        if not (0.0 < unit < float("inf") and abs(middle) < float("inf")):
            raise InvalidInput(f"centre = {middle}, scale = {unit}: expected finite numbers, the scale above 0")
        own = torch.get_default_dtype()
        self.degree = len(values) - 1
        self.coefficients = nn.Parameter(values.to(own))
        self.centre: torch.Tensor
        self.scale: torch.Tensor
        self.register_buffer("centre", torch.tensor(middle, dtype=own))
        self.register_buffer("scale", torch.tensor(unit, dtype=own))

    @classmethod
    def of(cls, series: Series) -> PolynomialActivation:
        """Return the activation of a polynomial, in double precision."""
        found = cls(series.coefficients, series.centre, series.scale).double()
        with torch.no_grad():  # the default precision may have been less
            found.coefficients.copy_(torch.from_numpy(series.coefficients.copy()))
            found.centre.fill_(series.centre)
            found.scale.fill_(series.scale)
        return found

    @property
    def series(self) -> Series:
        """The polynomial as a record."""
        return Series(self.coefficients.detach().cpu().double().numpy(), float(self.centre), float(self.scale))

    def forward(self, t: torch.Tensor) -> torch.Tensor:
        """Return the values at the entries of `t`."""
        u = (t - self.centre) / self.scale
        if self.degree == 0:
            return self.coefficients[0].expand_as(u)
        value = self.coefficients[-1] * u + self.coefficients[-2]
        for k in range(self.degree - 2, -1, -1):
            value = value * u + self.coefficients[k]
        return value

    def extra_repr(self) -> str:
        """Return the degree, the units and the first coefficients."""
        own = [f"{c:.4g}" for c in self.coefficients.detach().tolist()[:_SHOWN]]
        more = ", …" if self.degree >= _SHOWN else ""
        units = f", centre={float(self.centre):.4g}, scale={float(self.scale):.4g}"
        plain = float(self.centre) == 0.0 and float(self.scale) == 1.0
        return f"degree={self.degree}, coefficients=[{', '.join(own)}{more}]{'' if plain else units}"
