"""The SDPA sparse format (``.dat-s``), which every SDP solver of the field reads.

The file states :math:`\\min c^\\top x` subject to :math:`\\sum_i x_i F_i - F_0 \\succeq 0`. Equalities have no
place in it: row `i` of `E y = d` becomes two entries of one diagonal block, the last one, and a comment says
how many rows there are, so that our own files come back as they went. Floats are written with the shortest
digits that give the same float again.

Source: Yamashita et al., *SDPA user's manual*, version 7, section 5 (the sparse format).
"""

from __future__ import annotations

import re
from os import PathLike
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..errors import InvalidInput
from .program import SDP
from .svec import SQRT2, svec_length

_MARK = "momentsos: equalities in the last block ="


def _without_root(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Divide by √2 such that multiplying by √2 again gives the same floats wherever that is possible."""
    plain = values / SQRT2
    for candidate in (np.nextafter(plain, np.inf), np.nextafter(plain, -np.inf)):
        plain = np.where((plain * SQRT2 != values) & (candidate * SQRT2 == values), candidate, plain)
    return plain


def write_sdpa(sdp: SDP, path: str | PathLike[str]) -> None:
    """Write `sdp` to `path` in SDPA sparse format.

    The file is written whole under another name first and then moved, so that a reader never sees half of it.
    """
    p = sdp.right_side.shape[0]
    sizes = [*map(str, sdp.sizes), *([str(-2 * p)] if p else [])]
    lines = [f'"{_MARK} {p}"', str(sdp.n_moments), str(len(sizes)), " ".join(sizes)]
    lines.append(" ".join(repr(float(value)) for value in sdp.cost))
    matrix = sdp.operator.tocoo()
    block = np.searchsorted(sdp.offsets, matrix.row, side="right") - 1
    place = matrix.row - sdp.offsets[block]
    column = ((np.sqrt(8 * place + 1) - 1) // 2).astype(np.intp)
    row = place - column * (column + 1) // 2
    value = np.where(row == column, matrix.data, _without_root(matrix.data))
    entries = [(matrix.col + 1, block + 1, row + 1, column + 1, value)]
    equalities = sp.coo_matrix(sdp.equalities)
    last = np.full(equalities.nnz, len(sizes))
    for sign, shift in ((1.0, 1), (-1.0, p + 1)):
        diagonal = equalities.row + shift
        entries.append((equalities.col + 1, last, diagonal, diagonal, sign * equalities.data))
        fixed = np.flatnonzero(sdp.right_side)
        entries.append(
            (np.zeros_like(fixed), np.full_like(fixed, len(sizes)), fixed + shift, fixed + shift,
             sign * sdp.right_side[fixed])
        )  # fmt: skip
    table = [np.concatenate([np.asarray(part[i]) for part in entries]) for i in range(5)]
    for i in np.lexsort((table[3], table[2], table[1], table[0])):
        lines.append(f"{table[0][i]} {table[1][i]} {table[2][i]} {table[3][i]} {float(table[4][i])!r}")
    target = Path(path)
    partial = target.with_name(target.name + ".part")
    partial.write_text("\n".join(lines) + "\n", encoding="ascii")
    partial.replace(target)


def _header(text: str, path: object) -> tuple[int, list[str], list[str]]:
    """Split a file into the number of our equalities, its four head lines and its entry lines."""
    marked = re.search(re.escape(_MARK) + r"\s*(\d+)", text)
    lines = [line for line in text.splitlines() if line.strip() and line.lstrip()[0] not in '"*']
    if len(lines) < 4:
        raise InvalidInput(f"{path}: expected the SDPA sparse format, found {len(lines)} lines of it")
    return int(marked.group(1)) if marked else 0, lines[:4], lines[4:]


def read_sdpa(path: str | PathLike[str]) -> SDP:
    """Read an SDP from a file in SDPA sparse format.

    A constant matrix `F_0` becomes one more unknown, the first, that an equality fixes to 1. Entries below the
    diagonal are taken as the same entry above it. A diagonal block (negative size) becomes blocks of size 1.

    Raises
    ------
    InvalidInput
        When the file is not in the format; the message names the line.
    """
    text = Path(path).read_text(encoding="ascii", errors="replace")
    p, head, body = _header(text, path)
    numbers = [re.sub(r"[{}(),]", " ", line).split("=")[0].split() for line in head]
    try:
        n, block_count = int(numbers[0][0]), int(numbers[1][0])
        declared = [int(float(token)) for token in numbers[2][:block_count]]
        cost = np.array([float(token) for token in numbers[3][:n]])
        table = np.array([re.sub(r"[{}(),]", " ", line).split()[:5] for line in body], dtype=np.float64)
    except (ValueError, IndexError) as error:
        raise InvalidInput(f"{path}: not in the SDPA sparse format: {error}") from error
    table = table.reshape(-1, 5)
    if len(declared) != block_count or cost.shape[0] != n or 0 in declared:
        raise InvalidInput(
            f"{path}: the head announces {n} unknowns and {block_count} blocks but lists fewer"
        )
    unknown, block, row, column = table[:, :4].astype(np.intp).T
    row, column = np.minimum(row, column) - 1, np.maximum(row, column) - 1
    width = np.abs(np.array(declared, dtype=np.intp))
    if table.size and not (
        ((unknown >= 0) & (unknown <= n) & (block >= 1) & (block <= block_count)).all()
        and ((row >= 0) & (column < width[block - 1])).all()
    ):
        raise InvalidInput(f"{path}: an entry lies outside the sizes that the head announces")
    return _build(cost, declared, p, unknown, block - 1, row, column, table[:, 4])


def _build(
    cost: NDArray[np.float64],
    declared: list[int],
    p: int,
    unknown: NDArray[np.intp],
    block: NDArray[np.intp],
    row: NDArray[np.intp],
    column: NDArray[np.intp],
    value: NDArray[np.float64],
) -> SDP:
    """Assemble the program from the entries of a file."""
    equality_block = len(declared) - 1 if p and declared[-1] == -2 * p else -1
    is_equality = block == equality_block
    constant = bool((~is_equality & (unknown == 0)).any())
    n = cost.shape[0] + constant
    sizes: list[int] = []
    starts = np.zeros(len(declared), dtype=np.intp)
    total = 0
    for j, size in enumerate(declared):
        starts[j] = total
        if j != equality_block:
            parts = [size] if size > 0 else [1] * -size
            sizes += parts
            total += sum(map(svec_length, parts))
    inside = ~is_equality
    diagonal_block = np.array([size < 0 for size in declared], dtype=bool)
    place = np.where(diagonal_block[block], row, column * (column + 1) // 2 + row) + starts[block]
    scale = np.where(row == column, 1.0, SQRT2)
    sign = np.where(unknown == 0, -1.0, 1.0)
    moment = np.where(unknown == 0, 0, unknown - 1 + constant)
    operator = sp.csr_matrix(
        ((sign * scale * value)[inside], (place[inside], moment[inside])), shape=(total, n)
    )
    upper = is_equality & (row < p)
    left, fixed = upper & (unknown > 0), upper & (unknown == 0)
    equalities = sp.csr_matrix((value[left], (row[left], moment[left])), shape=(p, n))
    right_side = np.zeros(p)
    right_side[row[fixed]] = value[fixed]
    if constant:
        first = sp.csr_matrix(([1.0], ([0], [0])), shape=(1, n))
        equalities = sp.vstack([first, equalities], format="csr")
        right_side = np.concatenate([[1.0], right_side])
        cost = np.concatenate([[0.0], cost])
    return SDP(cost, equalities, right_side, operator, tuple(sizes))
