"""ncpol2sdpa, with the program SDPA where it is installed, else CVXOPT; it extracts nothing, so its first moments."""

import shutil

from answer import Answer, ProblemFile, build, main
from ncpol2sdpa import SdpRelaxation, generate_variables


def run(given: ProblemFile, order: int, answer: Answer) -> None:
    with answer.phase("formulate"):
        x = generate_variables("x", len(given.variables))
        objective = build(given.minimize, x)
        constraints = [build(g, x) for g in given.inequalities]
    with answer.phase("relax"):
        sdp = SdpRelaxation(x)
        sdp.get_relaxation(order, objective=objective, inequalities=constraints)
    answer.solver = "sdpa" if shutil.which("sdpa") else "cvxopt"
    with answer.phase("solve"):
        sdp.solve(solver=answer.solver)
    with answer.phase("extract"):
        answer.points = [[float(sdp[v]) for v in x]]
    answer.bound, answer.note = float(sdp.dual), f"{sdp.status}; point: first moments"


main(run)
