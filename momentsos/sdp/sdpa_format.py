r"""The SDPA sparse format (``.dat-s``), which every SDP solver of the field reads.

The file states :math:`\min c^\top x` subject to :math:`\sum_i x_i F_i - F_0 \succeq 0`. Equalities have no
place in it: row `i` of `E y = d` becomes two entries of one diagonal block, the last one, and a comment says
how many rows there are, so that our own files come back as they went.

A program that is written and read again is the same bit for bit. Floats are written with the shortest digits
that give the same float again. An entry off the diagonal stands in the file without the √2 of its svec; where
no float times √2 is the entry, 25 digits are written, and a number of more than 17 digits is multiplied
before it is rounded.

Source: Yamashita et al., *SDPA user's manual*, version 7, section 5 (the sparse format).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from os import PathLike

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..errors import InvalidInput
from ..machine.files import read_whole, write_whole
from .program import SDP
from .svec import SQRT2, svec_length

_MARK = "momentsos: equalities in the last block ="
_DIGITS = 17
_LONG = Context(prec=60)
#: A file that announces more entries of blocks than this is refused instead of filling the memory.
_MOST_ROWS = 100_000_000

#: Unknown, block, row and column, counted from 1 (unknown 0 is `F_0`), and the text of the value.
_Entries = list[tuple[int, int, int, int, str]]


def _without_root(values: NDArray[np.float64]) -> list[str]:
    """Return the texts of `values / √2` from which `_with_root` makes the same floats again."""
    plain = values / SQRT2
    for candidate in (np.nextafter(plain, np.inf), np.nextafter(plain, -np.inf)):
        plain = np.where((plain * SQRT2 != values) & (candidate * SQRT2 == values), candidate, plain)
    texts = [repr(float(value)) for value in plain]
    for i in np.flatnonzero(plain * SQRT2 != values):
        texts[i] = f"{_LONG.divide(Decimal(float(values[i])), Decimal(SQRT2)):.24e}"
    return texts


def _with_root(text: str) -> float:
    """Return the float that a text off the diagonal stands for, √2 times the number."""
    if sum(letter.isdigit() for letter in text.lower().partition("e")[0].lstrip("+-0.")) <= _DIGITS:
        return float(text) * SQRT2
    return float(_LONG.multiply(Decimal(text), Decimal(SQRT2)))


def _block_entries(matrix: sp.sparray, offsets: NDArray[np.intp]) -> _Entries:
    """Return the entries of a matrix of svec rows whose columns are `F_0`, `F_1` and so on."""
    matrix = sp.csr_matrix(matrix, copy=True)
    matrix.sum_duplicates()
    entries = matrix.tocoo()
    block = np.searchsorted(offsets, entries.row, side="right") - 1
    place = entries.row - offsets[block]
    column = ((np.sqrt(8 * place + 1) - 1) // 2).astype(np.intp)
    row = place - column * (column + 1) // 2
    texts = [repr(float(value)) for value in entries.data]
    off = np.flatnonzero(row != column)
    for i, text in zip(off, _without_root(entries.data[off]), strict=True):
        texts[i] = text
    numbers = (entries.col.tolist(), (block + 1).tolist(), (row + 1).tolist(), (column + 1).tolist())
    return list(zip(*numbers, texts, strict=True))


def _equality_entries(sdp: SDP, block: int) -> _Entries:
    """Return the entries of the diagonal block that states `E y - d >= 0`, then `d - E y >= 0`."""
    p = sdp.right_side.shape[0]
    stacked = sp.csr_matrix(sdp.equalities, copy=True)
    stacked.sum_duplicates()
    entries = stacked.tocoo()
    found: _Entries = []
    for sign, shift in ((1.0, 1), (-1.0, p + 1)):
        for i, column, value in zip(entries.row.tolist(), entries.col.tolist(), entries.data, strict=True):
            found.append((column + 1, block, i + shift, i + shift, repr(sign * float(value))))
        for i in np.flatnonzero(sdp.right_side).tolist():
            found.append((0, block, i + shift, i + shift, repr(sign * float(sdp.right_side[i]))))
    return found


def _write(
    path: str | PathLike[str],
    head: list[str],
    sizes: Sequence[int],
    cost: NDArray[np.float64],
    entries: _Entries,
) -> None:
    lines = [*head, str(cost.shape[0]), str(len(sizes)), " ".join(map(str, sizes))]
    lines.append(" ".join(repr(float(value)) for value in cost))
    lines += [" ".join(map(str, entry)) for entry in sorted(entries)]
    write_whole(path, "\n".join(lines) + "\n")


def write_sdpa(sdp: SDP, path: str | PathLike[str]) -> None:
    """Write `sdp` to `path` in SDPA sparse format.

    The file is written whole under another name first and then moved, so that a reader never sees half of it.
    """
    p = sdp.right_side.shape[0]
    sizes = [*sdp.sizes, *([-2 * p] if p else [])]
    none = sp.csr_matrix((sdp.operator.shape[0], 1))
    entries = _block_entries(sp.hstack([none, sdp.operator]), sdp.offsets)
    _write(path, [f'"{_MARK} {p}"'], sizes, sdp.cost, entries + _equality_entries(sdp, len(sizes)))


def write_inequalities(
    path: str | PathLike[str],
    cost: NDArray[np.float64],
    matrix: sp.sparray,
    constant: NDArray[np.float64],
    sizes: Sequence[int],
) -> None:
    """Write the program of minimising `cost·x` subject to `matrix x + constant ⪰ 0`, in rows of svec."""
    offsets = np.concatenate([[0], np.cumsum([svec_length(size) for size in sizes])]).astype(np.intp)
    entries = _block_entries(sp.hstack([sp.csr_matrix(-constant[:, None]), matrix]), offsets)
    _write(path, [], sizes, cost, entries)


@dataclass(frozen=True, eq=False)
class _File:
    """What a file says: `p` of our equalities, and entries counted from 0 (for the unknown, 0 is `F_0`)."""

    p: int
    declared: list[int]
    cost: NDArray[np.float64]
    unknown: NDArray[np.intp]
    block: NDArray[np.intp]
    row: NDArray[np.intp]
    column: NDArray[np.intp]
    value: NDArray[np.float64]


def read_sdpa(path: str | PathLike[str]) -> SDP:
    """Read an SDP from a file in SDPA sparse format.

    A constant matrix `F_0` becomes one more unknown, the first, that an equality fixes to 1. Entries below
    the diagonal are the same entry above it. A diagonal block (negative size) becomes blocks of size 1.

    Raises
    ------
    InvalidInput
        When the file cannot be read or is not in the format.
    """
    text = read_whole(path).decode("ascii", errors="replace")
    marked = re.search(re.escape(_MARK) + r"\s*(\d+)", text)
    try:
        file = _parse(text, int(marked.group(1)) if marked else 0)
    except (ArithmeticError, IndexError, ValueError) as error:
        raise InvalidInput(f"{path}: not in the SDPA sparse format: {error}") from error
    return _build(file)


def _parse(text: str, p: int) -> _File:
    """Take the numbers out of a file; any error means that it is not in the format."""
    lines = [line for line in text.splitlines() if line.strip() and line.lstrip()[0] not in '"*']
    words = [re.sub(r"[{}(),]", " ", line).split("=")[0].split() for line in lines]
    if len(words) < 4:
        raise ValueError("it has no head of four lines: unknowns, blocks, their sizes, costs")
    n, block_count = int(words[0][0]), int(words[1][0])
    declared = [int(float(token)) for token in words[2][:block_count]]
    cost = np.array([float(token) for token in words[3][:n]])
    if len(declared) != block_count or cost.shape[0] != n or 0 in declared:
        raise ValueError(f"the head announces {n} unknowns and {block_count} blocks but lists fewer")
    if p and not (declared and declared[-1] == -2 * p):
        raise ValueError("its comment announces equalities, and the last block is not theirs")
    if sum(svec_length(size) if size > 0 else -size for size in declared) > _MOST_ROWS:
        raise ValueError(f"the head announces blocks with more than {_MOST_ROWS} entries")
    body = words[4:]
    table = np.array([word[:4] for word in body], dtype=np.intp).reshape(-1, 4)
    unknown, block, row, column = table.T
    row, column, block = np.minimum(row, column) - 1, np.maximum(row, column) - 1, block - 1
    inside = (unknown >= 0) & (unknown <= n) & (block >= 0) & (block < block_count) & (row >= 0)
    if not inside.all() or (column >= np.abs(np.array(declared, dtype=np.intp))[block]).any():
        raise ValueError("an entry lies outside the sizes that the head announces")
    if ((np.array(declared, dtype=np.intp)[block] < 0) & (row != column)).any():
        raise ValueError("an entry of a diagonal block lies off the diagonal")
    value = np.array([float(w[4]) if i == j else _with_root(w[4]) for w, i, j in zip(body, row, column, strict=True)])
    return _File(p, declared, cost, unknown, block, row, column, value)


def _build(file: _File) -> SDP:
    """Assemble the program from the entries of a file, with √2 in the values off the diagonal."""
    p, cost, unknown, value = file.p, file.cost, file.unknown, file.value
    equality_block = len(file.declared) - 1 if p and file.declared[-1] == -2 * p else -1
    inside = file.block != equality_block
    constant = bool((inside & (unknown == 0)).any())
    n = cost.shape[0] + constant
    sizes: list[int] = []
    starts = np.zeros(len(file.declared), dtype=np.intp)
    total = 0
    for j, size in enumerate(file.declared):
        starts[j] = total
        if j != equality_block:
            parts = [size] if size > 0 else [1] * -size
            sizes += parts
            total += sum(map(svec_length, parts))
    diagonal = np.array(file.declared, dtype=np.intp)[file.block] < 0
    triangle = file.column * (file.column + 1) // 2 + file.row
    place = np.where(diagonal, file.row, triangle) + starts[file.block]
    moment = np.where(unknown == 0, 0, unknown - 1 + constant)
    signed = np.where(unknown == 0, -value, value)
    operator = sp.csr_matrix((signed[inside], (place[inside], moment[inside])), shape=(total, n))
    upper = ~inside & (file.row < p)
    left, fixed = upper & (unknown > 0), upper & (unknown == 0)
    equalities = sp.csr_matrix((value[left], (file.row[left], moment[left])), shape=(p, n))
    right_side = np.zeros(p)
    right_side[file.row[fixed]] = value[fixed]
    if constant:
        first = sp.csr_matrix(([1.0], ([0], [0])), shape=(1, n))
        equalities = sp.vstack([first, equalities], format="csr")
        right_side = np.concatenate([[1.0], right_side])
        cost = np.concatenate([[0.0], cost])
    return SDP(cost, equalities, right_side, operator, tuple(sizes))
