"""CSDP: the program `csdp`, an interior-point solver that factors at the number of moments.

It reads its program from a file in SDPA sparse format, its parameters from `param.csdp` beside it, and writes
the solution to a third file. Source: Borchers, *CSDP user's guide* (files, parameters and exit codes).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...errors import BadOption, SolverFailed
from ...machine.files import read_whole
from ...machine.parents import signal_at_parents_death
from ...sdp import SDP, SDPSolution, SDPStatus
from ...sdp.sdpa_format import write_inequalities
from ...sdp.svec import SQRT2
from ..contract import Solver, SolverOptions, refuse_if_too_large
from ..isolation import interruptions_held
from .inequality_form import inequality_form, settle

#: Exit codes. CSDP's primal side is that of the Gram matrices, so its two infeasibilities are ours exchanged.
_STATUS = {
    0: (SDPStatus.OPTIMAL, "success"),
    1: (SDPStatus.DUAL_INFEASIBLE, "primal infeasible"),
    2: (SDPStatus.PRIMAL_INFEASIBLE, "dual infeasible"),
    3: (SDPStatus.INACCURATE, "partial success"),
    4: (SDPStatus.LIMIT, "maximum iterations reached"),
    5: (SDPStatus.INACCURATE, "stuck at edge of primal feasibility"),
    6: (SDPStatus.INACCURATE, "stuck at edge of dual infeasibility"),
    7: (SDPStatus.FAILED, "lack of progress"),
    8: (SDPStatus.FAILED, "X, Z, or O was singular"),
    9: (SDPStatus.FAILED, "detected NaN or Inf values"),
}
#: Asked for more, CSDP gets stuck at the edge of feasibility with less than it had.
_BEST_TOLERANCE = 1e-8
#: The parameters and their defaults, all of which a parameter file has to hold.
_DEFAULTS: dict[str, float] = {
    "axtol": 1e-8,
    "atytol": 1e-8,
    "objtol": 1e-8,
    "pinftol": 1e8,
    "dinftol": 1e8,
    "maxiter": 100,
    "minstepfrac": 0.9,
    "maxstepfrac": 0.97,
    "minstepp": 1e-8,
    "minstepd": 1e-8,
    "usexzgap": 1,
    "tweakgap": 0,
    "affine": 0,
    "printlevel": 0,
    "perturbobj": 1,
    "fastmode": 0,
}


#: Bytes of a solution that is read.
_MOST_BYTES = 2**30


class CSDP(Solver):
    """Adapter to the program `csdp`, found on the path of the shell."""

    name: ClassVar[str] = "csdp"
    distribution: ClassVar[str] = "coinor-csdp"  # as Debian calls it
    accuracy: ClassVar[float] = 1e-6
    form: ClassVar[str] = "moments"

    @classmethod
    def is_installed(cls) -> bool:
        """Return whether the program is on the path."""
        return shutil.which("csdp") is not None

    @classmethod
    def memory(cls, sdp: SDP) -> int:
        """Estimate as the user's guide, doubled: the Schur complement and eleven copies of the blocks."""
        return 16 * (sdp.n_moments**2 + 11 * sum(size**2 for size in sdp.sizes)) + 100 * sdp.operator.nnz

    def solve(self, sdp: SDP, options: SolverOptions) -> SDPSolution:
        """Solve `sdp`; see `Solver.solve`."""
        parameters = _parameters(options)
        refuse_if_too_large(self, sdp)
        form = inequality_form(sdp)
        settled = settle(form, self.name)
        if settled is not None:
            return settled
        with tempfile.TemporaryDirectory(prefix="momentsos-") as name:
            folder = Path(name)
            write_inequalities(folder / "program.dat-s", form.cost, form.matrix, form.constant, sdp.sizes)
            (folder / "param.csdp").write_text(parameters, encoding="ascii")
            started = time.perf_counter()
            try:
                code, log = _run(folder, options)
            except subprocess.TimeoutExpired:
                seconds = time.perf_counter() - started
                return form.answer(SDPStatus.LIMIT, "time limit", None, None, solver=self.name, seconds=seconds)
            seconds = time.perf_counter() - started
            if not (folder / "solution").exists():
                last = log.strip().rsplit("\n", 1)[-1]
                raise SolverFailed(f"csdp left with exit code {code} and no solution: {last}")
            unknowns, gram = _read(folder / "solution", sdp, len(form.cost))
        status, words = _STATUS.get(code, (SDPStatus.UNKNOWN, f"exit code {code}"))
        iterations = max(map(int, re.findall(r"^Iter:\s*(\d+)", log, re.MULTILINE)), default=0)
        record = {"solver": self.name, "iterations": iterations, "seconds": seconds}
        return form.answer(status, words, unknowns, gram, **record)


def _run(folder: Path, options: SolverOptions) -> tuple[int, str]:
    """Run the program in a folder that holds its files; return its exit code and its log."""
    environment = dict(os.environ)
    if options.threads is not None:
        environment["OMP_NUM_THREADS"] = str(options.threads)
    run: subprocess.Popen[bytes] | None = None
    try:
        with interruptions_held():  # one that came in there would leave a program that nobody knows of
            run = subprocess.Popen(
                ["csdp", "program.dat-s", "solution"],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                preexec_fn=signal_at_parents_death if sys.platform == "linux" else None,
            )
        log = run.communicate(timeout=options.time_limit)[0].decode(errors="replace")
    except BaseException:  # too late, or interrupted: the program ends as well
        if run is not None:
            run.kill()
            run.communicate()
        raise
    if options.verbose:
        sys.stderr.write(log)
    return run.returncode, log


def _read(path: Path, sdp: SDP, count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Read the unknowns (first line) and the dual blocks (entries of matrix 2) of a solution file."""
    try:
        head, _, body = read_whole(path, _MOST_BYTES).decode("ascii").partition("\n")
        table = np.array(body.split(), dtype=np.float64).reshape(-1, 5)
        unknowns = np.array(head.split(), dtype=np.float64)
    except ValueError as error:
        raise SolverFailed(f"csdp wrote a solution that is not in its format: {error}") from error
    if not (np.isfinite(table).all() and np.isfinite(unknowns).all()):
        raise SolverFailed("csdp wrote a solution with numbers that are not finite")
    table = table[table[:, 0] == 2]
    places = table[:, 1:4]
    if len(unknowns) != count or (places < 1).any() or (places > _MOST_BYTES).any():
        raise SolverFailed("csdp wrote a solution that is not one of its program")
    block, i, j = places.astype(np.intp).T - 1
    row, column = np.minimum(i, j), np.maximum(i, j)
    if (block >= len(sdp.sizes)).any() or (column >= np.array([*sdp.sizes, 0])[block]).any():
        raise SolverFailed("csdp wrote a solution that is not one of its program")
    gram = np.zeros(sdp.operator.shape[0])
    gram[sdp.offsets[block] + column * (column + 1) // 2 + row] = table[:, 4] * np.where(i == j, 1.0, SQRT2)
    return unknowns, gram


def _parameters(options: SolverOptions) -> str:
    """Return the parameter file."""
    tolerance = max(options.tol, _BEST_TOLERANCE)
    values = _DEFAULTS | {"axtol": tolerance, "atytol": tolerance, "objtol": tolerance}
    values["printlevel"] = 1  # for the number of iterations
    if options.max_iterations is not None:
        values["maxiter"] = options.max_iterations
    for key, value in options.own.items():
        if key not in _DEFAULTS:
            raise BadOption(f"csdp has no option {key!r}; it has {', '.join(sorted(_DEFAULTS))}")
        if not isinstance(value, (int, float)):
            raise BadOption(f"csdp option {key} = {value!r}: expected a number")
        values[key] = value
    return "".join(f"{key}={value!r}\n" for key, value in values.items())
