"""SeDuMi through Octave, for users who have both: ``SEDUMI`` names the folder that holds ``sedumi.m``."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import scipy.io
import scipy.sparse as sp

from momentsos.sdp import SDP, SDPSolution, SDPStatus, svec_index, svec_length
from momentsos.sdp.svec import svec_weights
from momentsos.solvers import finish

_SCRIPT = """
load('program.mat');
pars.fid = 0; pars.eps = 1e-10;
[x, y, info] = sedumi(At, b, c, K, pars);
seconds = sum(info.timing); numerr = info.numerr; pinf = info.pinf; dinf = info.dinf; iter = info.iter;
x = full(x); y = full(y);
save('-v7', 'answer.mat', 'x', 'y', 'seconds', 'numerr', 'pinf', 'dinf', 'iter');
"""


def sedumi_problem() -> str | None:
    """Return why SeDuMi cannot be asked, or None when it can."""
    folder = os.environ.get("SEDUMI")
    if not folder or not Path(folder, "sedumi.m").exists():
        return "SEDUMI does not name a folder with sedumi.m"
    return None if shutil.which("octave-cli") else "octave-cli is not on the PATH"


def _stated(sdp: SDP) -> dict[str, object]:
    r"""Return the program as SeDuMi's dual: :math:`\max b^\top y` with :math:`c - A^\top y` in the cone."""
    rows, blocks = sdp.split(np.arange(sdp.operator.shape[0], dtype=float)), []
    order = np.argsort(np.asarray(sdp.sizes) > 1, kind="stable")
    for j in order:
        size = sdp.sizes[j]
        row, column = svec_index(size)
        part, weight = rows[j].astype(np.intp), 1.0 / svec_weights(size)
        place = np.concatenate([column * size + row, (row * size + column)[row != column]])
        source = np.concatenate([np.arange(len(row)), np.flatnonzero(row != column)])
        unpack = sp.csr_matrix((weight[source], (place, source)), shape=(size**2, len(row)))
        blocks.append(-unpack @ sdp.operator[part])
    at = sp.csc_matrix(sp.vstack([sdp.equalities, *blocks]))
    sizes = [sdp.sizes[j] for j in order]
    linear = sum(size == 1 for size in sizes)
    cone = {"f": float(len(sdp.right_side)), "l": float(linear), "s": np.array([s for s in sizes if s > 1], float)}
    right = np.concatenate([sdp.right_side, np.zeros(at.shape[0] - len(sdp.right_side))])
    return {"At": at, "b": -sdp.cost[:, None], "c": right[:, None], "K": cone}


def _gram(sdp: SDP, x: np.ndarray) -> np.ndarray:
    """Return the svec rows of the dual blocks from SeDuMi's `x`, which has the numbers first."""
    order = np.argsort(np.asarray(sdp.sizes) > 1, kind="stable")
    parts: list[np.ndarray] = [np.empty(0)] * len(order)
    used = 0
    for j in order:
        size = sdp.sizes[j]
        block = x[used : used + size**2].reshape(size, size)
        row, column = svec_index(size)
        parts[j] = ((block + block.T) / 2)[row, column] * svec_weights(size)
        used += size**2
    return np.concatenate(parts)


def solve_with_sedumi(sdp: SDP, time_limit: float) -> SDPSolution:
    """Solve in a process of its own; the time is what SeDuMi says it took."""
    with tempfile.TemporaryDirectory() as folder:
        scipy.io.savemat(Path(folder, "program.mat"), _stated(sdp))
        command = ["octave-cli", "--no-gui", "--path", os.environ["SEDUMI"], "--eval", _SCRIPT]
        try:
            subprocess.run(command, cwd=folder, timeout=time_limit, check=True, capture_output=True)
        except subprocess.TimeoutExpired:
            return SDPSolution(SDPStatus.LIMIT, "time limit", solver="sedumi", seconds=time_limit)
        except subprocess.CalledProcessError as error:
            return SDPSolution(SDPStatus.FAILED, error.stderr.decode()[-200:], solver="sedumi")
        answer = scipy.io.loadmat(Path(folder, "answer.mat"))
    x, y = answer["x"].ravel(), answer["y"].ravel()
    numbers = {key: float(answer[key].squeeze()) for key in ("seconds", "numerr", "pinf", "dinf", "iter")}
    p = len(sdp.right_side)
    assert sum(map(svec_length, sdp.sizes)) == sdp.operator.shape[0]
    clean = numbers["numerr"] == numbers["pinf"] == numbers["dinf"] == 0
    return finish(
        sdp,
        SDPStatus.OPTIMAL if clean else SDPStatus.UNKNOWN,
        "numerr {numerr:g}, pinf {pinf:g}, dinf {dinf:g}".format(**numbers),
        y,
        -x[:p],
        _gram(sdp, x[p:]),
        solver="sedumi",
        iterations=int(numbers["iter"]),
        seconds=numbers["seconds"],
    )
