"""What polynomial activations cost where additions are cheap and products are not, as under encryption."""

from __future__ import annotations

from collections.abc import Sequence

from .model import Model


def depth_of(model: Model, degrees: Sequence[int]) -> int:
    r"""Return the multiplicative depth: :math:`\sum \lceil \log_2 d \rceil` along the longest way through the model."""
    return _longest(model, [_doublings(d) for d in degrees], 0)


def levels_of(model: Model, degrees: Sequence[int], squares: Sequence[int] = ()) -> int:
    r"""Return the levels that an encrypted evaluation uses, products with known numbers among them.

    Each affine part takes one, a polynomial :math:`\lceil \log_2 d \rceil` and one for its coefficients, a bare square
    one; a polynomial of degree one is a part of the affine map behind it.

    Parameters
    ----------
    model : Model
    degrees : sequence of int
    squares : sequence of int
        The activations that are bare squares.
    """
    own = [
        0 if d <= 1 else 2 if number in squares else 2 + _doublings(d)  # with the affine part behind it
        for number, d in enumerate(degrees)
    ]
    return _longest(model, own, 1)


def multiplications_of(degree: int, units: int) -> int:
    """Return the products of two values for one sample, by Horner's rule."""
    return units * max(0, degree - 1)


def _doublings(degree: int) -> int:
    return max(0, degree - 1).bit_length()


def _longest(model: Model, costs: Sequence[int], first: int) -> int:
    reached: list[int] = []
    for site, cost in zip(model.sites, costs, strict=True):
        reached.append(cost + max((reached[j] for j in site.after), default=first))
    return max((reached[j] for j in model.after), default=first)
