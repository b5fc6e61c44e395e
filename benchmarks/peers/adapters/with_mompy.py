"""MoMPy (commuting letters, state moments) with CVXPY and Clarabel; it extracts nothing, so its first moments."""

from itertools import combinations_with_replacement

import cvxpy as cp
from answer import Answer, ProblemFile, Terms, main
from MoMPy import MomentProblem, OperatorSet, Poly


def run(given: ProblemFile, order: int, answer: Answer) -> None:
    with answer.phase("formulate"):
        letters = OperatorSet()
        x = letters.add_family(len(given.variables))
        letters.declare_commuting(x, x)
        objective = polynomial(given.minimize, x)
        constraints = [polynomial(g, x) for g in given.inequalities]
    with answer.phase("relax"):
        words = [list(w) for d in range(1, order + 1) for w in combinations_with_replacement(x, d)]
        matrix = MomentProblem(words, letters.algebra(), dim=1, cyclicity=False).build()
        model = matrix.to_cvxpy(normalise_identity=True)
        conditions = list(model.constraints)
        for g in constraints:
            half = order - -(-g.degree // 2)
            small = [Poly.one(), *(Poly.word(w) for w in words if len(w) <= half)]
            conditions += model.localizing(g, small, strict=True)
        program = cp.Problem(cp.Minimize(model.value(objective)), conditions)
    with answer.phase("solve"):
        program.solve(solver=cp.CLARABEL)
    with answer.phase("extract"):
        if program.value is not None:
            answer.points = [[float(model[[v]].value) for v in x]]
            answer.bound = float(program.value)
    answer.solver, answer.note = "clarabel", f"{program.status}; point: first moments"


def polynomial(terms: Terms, letters: list[int]) -> Poly:
    return Poly({word(exponents, letters): coefficient for coefficient, exponents in terms})


def word(exponents: list[int], letters: list[int]) -> tuple[int, ...]:
    return tuple(letter for letter, power in zip(letters, exponents, strict=True) for _ in range(power))


main(run)
