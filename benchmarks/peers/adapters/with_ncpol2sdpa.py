"""ncpol2sdpa, with the program SDPA where it is installed, else by CVXPY; it extracts nothing, so its first moments.

Its own way to CVXOPT leads through PICOS, and fails with PICOS 2.6.2 where a problem has no constraints.
"""

import shutil

from answer import Answer, ProblemFile, build, main
from ncpol2sdpa import SdpRelaxation, generate_variables

SOLVER = "sdpa" if shutil.which("sdpa") else "cvxpy"
if SOLVER == "cvxpy":
    import cvxpy  # noqa: F401  # imports are not timed


def run(given: ProblemFile, order: int, answer: Answer) -> None:
    with answer.phase("formulate"):
        x = generate_variables("x", len(given.variables))
        objective = build(given.minimize, x)
        constraints = [build(g, x) for g in given.inequalities]
    with answer.phase("relax"):
        sdp = SdpRelaxation(x)
        sdp.get_relaxation(order, objective=objective, inequalities=constraints)
    answer.solver = SOLVER
    with answer.phase("solve"):
        sdp.solve(solver=answer.solver)
    with answer.phase("extract"):
        answer.points = [[float(sdp[v]) for v in x]]
    answer.bound, answer.note = float(sdp.dual), f"{sdp.status}; point: first moments"


main(run)
