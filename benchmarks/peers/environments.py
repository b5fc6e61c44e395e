"""The other packages, and an environment for each: ``results/peers/NAME``, made when it is first asked for."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ADAPTERS = Path(__file__).parent / "adapters"


@dataclass(frozen=True)
class Peer:
    """A package, what its environment holds, and the script that runs it there.

    Attributes
    ----------
    name : str
        As it is shown.
    adapter : str
        Name of the script in `ADAPTERS`.
    requirements : tuple of str
        For pip; none means the environment that runs the benchmark.
    """

    name: str
    adapter: str
    requirements: tuple[str, ...] = ()

    def python(self, folder: Path) -> Path:
        """Return the interpreter that runs the package."""
        return folder / self.adapter / "bin" / "python" if self.requirements else Path(sys.executable)

    @property
    def script(self) -> Path:
        """The adapter."""
        return ADAPTERS / f"with_{self.adapter}.py"


#: This package first: its answers are the reference. The versions are those that the adapters were written for.
PEERS = (
    Peer("momentsos", "momentsos"),
    Peer("ncpol2sdpa", "ncpol2sdpa", ("ncpol2sdpa==1.14.0", "picos==2.6.2", "cvxpy==1.9.3")),
    Peer("SumOfSquares", "sumofsquares", ("SumOfSquares==1.3.1", "picos==2.6.2", "cvxopt==1.3.3")),
    Peer("MoMPy", "mompy", ("MoMPy[cvxpy]==1.2.0", "clarabel==0.11.1")),
    Peer("Irene", "irene", ("Irene[solvers,symengine]==1.5.0",)),
    Peer("ncpoleon", "ncpoleon", ("ncpoleon[picos]==0.1.0a1",)),
    # Its metadata do not name the last three, which it imports.
    Peer("SOSPy", "sospy", ("SOSPy==0.2.9", "cvxopt==1.3.3", "ipython", "Mosek==11.2.7")),
)


def prepare(peer: Peer, folder: Path) -> str | None:
    """Make the environment of a package if it is not there; return what went wrong, or None.

    A file beside the installed packages marks an environment as complete, so that an installation that was cut off
    is begun again.
    """
    place, wanted = folder / peer.adapter, json.dumps(peer.requirements)
    mark = place / "installed.json"
    if not peer.requirements or (mark.exists() and mark.read_text(encoding="utf-8") == wanted):
        return None
    shutil.rmtree(place, ignore_errors=True)
    steps = (
        [sys.executable, "-m", "venv", str(place)],
        [str(peer.python(folder)), "-m", "pip", "--disable-pip-version-check", "install", "-q", *peer.requirements],
    )
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        if done.returncode:
            return f"cannot be installed: {done.stderr.strip().splitlines()[-1]}"
    mark.write_text(wanted, encoding="utf-8")
    return None


def versions(peer: Peer, folder: Path) -> dict[str, str]:
    """Return what is installed in the environment of a package."""
    code = "import importlib.metadata as m, json; print(json.dumps({d.name: d.version for d in m.distributions()}))"
    done = subprocess.run([str(peer.python(folder)), "-c", code], capture_output=True, text=True, check=False)
    return {} if done.returncode else dict(json.loads(done.stdout))
