"""Irene with CVXPY and Clarabel, and its own extraction (Henrion-Lasserre)."""

import sympy as sp
from answer import Answer, ProblemFile, build, main
from Irene import SDPRelaxations


def run(given: ProblemFile, order: int, answer: Answer) -> None:
    with answer.phase("formulate"):
        x = list(sp.symbols(given.variables))
        relaxation = SDPRelaxations(x)
        relaxation.SetObjective(build(given.minimize, x))
        for g in given.inequalities:
            relaxation.AddConstraint(build(g, x) >= 0)
    with answer.phase("relax"):
        relaxation.MomentsOrd(order)
        relaxation.SetSDPSolver("clarabel")
        relaxation.InitSDP()
    with answer.phase("solve"):
        relaxation.Minimize()
    answer.solver, answer.note = "clarabel", str(relaxation.Solution.Status)
    if relaxation.f_min is None:
        return
    answer.bound = float(relaxation.f_min)
    with answer.phase("extract"):
        relaxation.Solution.ExtractSolution("LH")
        for point in relaxation.Solution.Support:
            value = {str(symbol): found for part in point for symbol, found in part.items()}
            answer.points.append([float(value[name]) for name in given.variables])


main(run)
