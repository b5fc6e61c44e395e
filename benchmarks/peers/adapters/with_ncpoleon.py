"""ncpoleon with PICOS and CVXOPT; it extracts nothing, so its first moments."""

from answer import Answer, ProblemFile, build, main
from ncpoleon import generate_commutative_variables, get_relaxation, solve


def run(given: ProblemFile, order: int, answer: Answer) -> None:
    with answer.phase("formulate"):
        x = generate_commutative_variables("x", len(given.variables), real=True)
        objective = build(given.minimize, x)
        constraints = [build(g, x) >= 0 for g in given.inequalities]
    with answer.phase("relax"):
        relaxation = get_relaxation(x, order, objective, operator_constraints=constraints)
    with answer.phase("solve"):
        solution = solve(relaxation, "min", solver="picos-cvxopt")
        answer.bound = float(solution.value)
    with answer.phase("extract"):
        answer.points = [[float(solution[v**1]) for v in x]]
    answer.solver, answer.note = "cvxopt", "point: first moments"


main(run)
