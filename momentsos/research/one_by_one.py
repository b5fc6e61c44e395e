"""The hierarchy one order at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..hierarchy.methods import methods_named
from ..hierarchy.request import check_order, check_problem
from ..hierarchy.result import Result
from ..hierarchy.solve import solve
from ..problem import Problem


def orders(problem: Problem, first: int | None = None, up_to: int | None = None, **options: Any) -> Iterator[Result]:
    """Return the results of one order after the other, each solved when it is asked for.

    Nothing is carried over from one order to the next: each is ``solve(problem, order=k, ...)``.

    Parameters
    ----------
    problem : Problem
    first : int, optional
        By default the lowest order of the method.
    up_to : int, optional
        The last one; by default orders go on for as long as they are asked for.
    **options
        Those of `solve`, but for the orders; the method is ``"dense"`` unless it is named.

    Returns
    -------
    iterator of Result

    Raises
    ------
    BadOption, InvalidInput
        At once, for what `solve` would refuse of problem, method and orders.

    Examples
    --------
    >>> import momentsos as ms
    >>> x, y = ms.variables("x y")
    >>> problem = ms.Problem(x * y, constraints=[x + y <= 1, x >= 0, y >= 0], bounds={"x": (0, 1)})
    >>> [result.order for result in ms.orders(problem, up_to=2, bound=None)]
    [1, 2]
    """
    check_problem(problem)
    method = options.pop("method", "dense")
    chosen = methods_named(method, problem).methods[0]
    k = chosen.lowest_order(problem.lifted()) if first is None else check_order(first, "first")
    last = None if up_to is None else check_order(up_to, "up_to")
    return _orders(problem, k, last, method, options)


def _orders(problem: Problem, k: int, last: int | None, method: str, options: dict[str, Any]) -> Iterator[Result]:
    while last is None or k <= last:
        yield solve(problem, order=k, method=method, **options)
        k += 1
