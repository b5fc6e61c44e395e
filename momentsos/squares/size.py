"""What a bound takes, from counts of monomials and products, before any data are looked at."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import ProblemTooLarge
from ..relaxations.size import memory_limit
from .form import Form
from .products import Products

#: Bytes for each number of the operator: table, orthonormal space, its copy in the solver.
_BYTES = 40
#: Bytes for each number of the square matrices of the side of moments.
_DENSE = 32
#: From this many syzygies on the side of moments is taken where it has fewer unknowns.
_MANY = 600
#: Monomials up to which all products are counted; more are too many anyhow.
_MOST = 1_500


@dataclass(frozen=True)
class Size:
    """The size of a bound's program.

    Attributes
    ----------
    block, products, syzygies : int
    """

    block: int
    products: int

    @property
    def syzygies(self) -> int:
        """How many pairs of monomials have the product of another pair."""
        return self.block * (self.block + 1) // 2 - self.products

    @property
    def in_moments(self) -> bool:
        """Whether the program is better stated with an unknown for each product."""
        return self.syzygies > max(_MANY, self.products)

    @property
    def bytes(self) -> int:
        """About how much memory the program takes."""
        if self.in_moments:
            return _DENSE * (self.products**2 + self.block**3)
        return _BYTES * (self.block * (self.block + 1) // 2) * max(1, self.syzygies)


def size_of(form: Form) -> Size:
    """Return the size of the program of a form."""
    block = len(form)
    return Size(block, Products.of(form.exponents, form.extra).independent if block <= _MOST else 0)


def refuse_if_too_large(form: Form, limit: int | None) -> None:
    """Raise `ProblemTooLarge` when the program would take more than the limit, by default half of the free memory."""
    size, allowed = size_of(form), memory_limit(limit)
    if size.bytes > allowed:
        raise ProblemTooLarge(
            f"the bound by squares with {size.block} monomials and {size.products} products needs about "
            f"{size.bytes / 1e9:.3g} GB, more than the limit of {allowed / 1e9:.3g} GB: take lower degrees, "
            f"method='partial', or raise memory_limit",
            size.bytes,
            allowed,
        )
