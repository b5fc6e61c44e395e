"""This package, with its defaults: the order is not used.

The phases of a result are wall time; they are scaled to add up to the processor time of the call. What the package
imports at its first call, and others when they are imported, is imported before.
"""

import scipy.optimize  # noqa: F401
from answer import Answer, ProblemFile, main, processor_time

from momentsos import Problem, solve  # by name: rooms are imported when a name of theirs is first used


def run(given: ProblemFile, order: int, answer: Answer) -> None:
    with answer.phase("formulate"):
        problem = Problem.from_json(vars(given))
    began = processor_time()
    result = solve(problem)
    phases = {name: result.seconds[name] for name in ("relax", "solve", "extract")}
    scale = (processor_time() - began) / sum(phases.values())
    answer.seconds |= {name: scale * seconds for name, seconds in phases.items()}
    answer.bound, answer.points = result.lower_bound, result.minimizers.tolist()
    answer.solver = result.solver
    answer.note = f"{result.status}, {result.method}, order {result.order}"


main(run)
