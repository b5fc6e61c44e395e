"""SumOfSquares with PICOS and CVXOPT; its own way to read a minimiser is the pseudo-expectation of the variables.

The package refuses to write a polynomial of odd degree as a sum of squares, also where coefficients of the multipliers
could cancel the odd part. With cubic constraints that is the case at every order.
"""

import sympy as sp
from answer import Answer, ProblemFile, build, main
from SumOfSquares import SOSProblem, poly_variable


def run(given: ProblemFile, order: int, answer: Answer) -> None:
    # What `poly_opt_prob` does, keeping the last constraint, whose dual holds the pseudo-expectation.
    with answer.phase("formulate"):
        x = sp.symbols(given.variables)
        objective = build(given.minimize, x)
        constraints = [build(g, x) for g in given.inequalities]
    with answer.phase("relax"):
        program, gamma, weighted = SOSProblem(), sp.symbols("gamma"), 0
        for i, g in enumerate(constraints):
            degree = (2 * order - sp.poly(g, x).total_degree()) // 2 * 2
            multiplier = poly_variable(f"d{i}", x, degree)
            program.add_sos_constraint(multiplier, x, name=f"d{i}")
            weighted += multiplier * g
        last = program.add_sos_constraint(sp.expand(objective - gamma - weighted), x)
        program.set_objective("max", program.sym_to_var(gamma))
    with answer.phase("solve"):
        solved = program.solve(solver="cvxopt", primals=None)
    with answer.phase("extract"):
        answer.points = [[float(last.pexpect(v)) for v in x]]
    answer.bound, answer.solver = float(program.value), "cvxopt"
    answer.note = f"{solved.claimedStatus}; point: pseudo-expectations"


main(run)
