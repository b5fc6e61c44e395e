"""Sizes before anything is built, and the refusal of what would not fit."""

from __future__ import annotations

from ..errors import ProblemTooLarge
from ..machine.memory import available_bytes
from ..polynomials import basis_size
from ..polynomials.quotient import Quotient
from ..problem import Problem
from ..problem.matrices import matrix_degree, upper_entries
from .plan import BlockKind, Plan

#: The share of the free memory that a relaxation may take by default.
MEMORY_SHARE = 0.5
#: Bytes that the assembler touches for one entry of a block matrix: exponents, key, index, row, value, sorting.
_BYTES_PER_ENTRY = 64
#: Seconds that one entry takes at least, as measured on dense relaxations in 3 to 15 variables (1.8e-7 to 3.8e-7).
_SECONDS_PER_ENTRY = 2e-7
#: An estimate below this many bytes is taken to fit: asking how much is free costs more than a small relaxation.
_ALWAYS_FREE = 2**25


def memory_limit(limit: int | None = None) -> int:
    """Return `limit`, or the default share of what is free now, in bytes."""
    return int(MEMORY_SHARE * available_bytes()) if limit is None else limit


def dense_size(problem: Problem, order: int, quotient: Quotient | None = None) -> tuple[int, int, int]:
    """Return moments, entries of all block matrices, and the largest block of the dense relaxation, from counts."""
    n, used = problem.n_variables, () if quotient is None else quotient.numbers

    def size_of(degree: int) -> int:
        return basis_size(n, degree) if quotient is None else quotient.basis_size(degree)

    moments = size_of(2 * order)
    largest = size_of(order)
    entries = largest * (largest + 1) // 2
    first, last = problem.minors or (0, 0)
    for g in (*problem.inequalities[:first], *problem.inequalities[last:]):
        size = size_of(order - (g.degree + 1) // 2)
        entries += len(g) * size * (size + 1) // 2
    for matrix in problem.matrix_inequalities:
        own = len(matrix) * size_of(order - (matrix_degree(matrix) + 1) // 2)
        entries += max(len(entry) for entry in upper_entries(matrix)) * own * (own + 1) // 2
        largest = max(largest, own)
    for number, h in enumerate(problem.equalities):
        if number not in used:
            entries += len(h) * size_of(2 * order - h.degree)
    return moments, entries, largest


def refuse_if_too_large(what: str, n_variables: int, entries: int, limit: int | None = None) -> None:
    """Raise `ProblemTooLarge` when assembling `entries` matrix entries would exceed the limit.

    Raises
    ------
    ProblemTooLarge
        With the estimate, the limit and the way out.
    """
    estimate = entries * (_BYTES_PER_ENTRY + 8 * n_variables)
    if limit is None and estimate < _ALWAYS_FREE:
        return
    allowed = memory_limit(limit)
    if estimate > allowed:
        other = " or ".join(f"method='{name}'" for name in ("partial", "sparse") if name not in what)
        raise ProblemTooLarge(
            f"{what} needs about {_human(estimate)} to assemble, more than the limit of {_human(allowed)}: "
            f"take a lower order, a smaller problem, {other}, or raise memory_limit",
            estimate,
            allowed,
        )


def assembly_seconds(plan: Plan) -> float:
    """Return how long assembling a plan takes at least, from the terms of all entries of its blocks."""
    lengths = [len(b.basis) * (len(b.basis) + 1) // 2 if b.kind is BlockKind.PSD else len(b.basis) for b in plan.blocks]
    terms = sum(len(b.polynomial) * length for b, length in zip(plan.blocks, lengths, strict=True))
    return _SECONDS_PER_ENTRY * terms


def _human(size: int) -> str:
    value = float(size)
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if value < 1000:
            return f"{value:.3g} {unit}"
        value /= 1000
    return f"{value:.3g} PB"
