"""SOSPy with CVXOPT: the largest bound with sums of squares as multipliers, as its own demonstrations write it.

It returns multipliers as decision variables, and no points. Values are read as the solver returned them.
"""

import sympy as sp
from answer import Answer, ProblemFile, build, main
from SOSPy import monomials, sosineq, sosprogram, sossetobj, sossolve, sossosvar


def run(given: ProblemFile, order: int, answer: Answer) -> None:
    with answer.phase("formulate"):
        x, gamma = list(sp.symbols(given.variables)), sp.Symbol("gamma")
        rest = sp.expand(build(given.minimize, x)) - gamma
        constraints = [sp.expand(build(g, x)) for g in given.inequalities]
    with answer.phase("relax"):
        program = sosprogram(x, [gamma])
        for g in constraints:
            half = (2 * order - sp.Poly(g, x).total_degree()) // 2
            program, multiplier = sossosvar(program, monomials(x, list(range(half + 1))))
            # A constant multiplier comes as a matrix of one entry.
            rest -= (multiplier[0] if isinstance(multiplier, sp.MatrixBase) else multiplier) * g
        program = sosineq(program, sp.expand(rest))
        program = sossetobj(program, -gamma)
    with answer.phase("solve"):
        program = sossolve(program, {"solver": "cvxopt"})
    answer.solver = "cvxopt"
    values, info = program.solinfo["RRx"], program.solinfo["info"]
    answer.note = str(info.get("status", ""))
    if len(values):
        answer.bound = float(values[0])


main(run)
