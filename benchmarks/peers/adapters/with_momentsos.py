"""This package, with its defaults: the order is not used."""

from answer import Answer, ProblemFile, main

import momentsos as ms


def run(given: ProblemFile, order: int, answer: Answer) -> None:
    with answer.phase("formulate"):
        problem = ms.Problem.from_json(vars(given))
    result = ms.solve(problem)
    for name in ("relax", "solve", "extract"):
        answer.seconds[name] = result.seconds[name]
    answer.bound, answer.points = result.lower_bound, result.minimizers.tolist()
    answer.solver = result.solver
    answer.note = f"{result.status}, {result.method}, order {result.order}"


main(run)
