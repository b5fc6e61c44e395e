"""Every cache is on the list, holds no more than it may, and can be emptied at no cost but time."""

from __future__ import annotations

import ast
import gc
import inspect
import weakref
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

import momentsos as ms
from momentsos.conditioning.affine import half_widths
from momentsos.conditioning.split import affine_split, quadratic_split
from momentsos.machine.caches import beside, caches, clear_caches, held_bytes, kept, kept_beside, register
from momentsos.machine.remembered import remembered
from momentsos.polynomials.exponents import unique_rows
from momentsos.relaxations import assemble, mixed_plan, partial_plan
from momentsos.sdp import independent_moments, svec_index

PACKAGE = Path(ms.__file__).parent
#: Where a dictionary, a list or a set is changed in place.
MUTATORS = {"add", "append", "clear", "extend", "insert", "pop", "popitem", "remove", "setdefault", "update"}
#: What changes in a module and is no cache: the hook by which results find the prover.
HOOKS = {"hierarchy/result.py: _PROVERS"}


def problem() -> ms.Problem:
    x, y, u = ms.variables("x y u")
    return ms.Problem(x**2 + u * y, [1 - x**2, u - y, u + y, 4 - u])


def listed(name: str, where: str = __name__):
    return next(cache for cache in caches() if (cache.name, cache.where) == (name, where))


def qualified(name: str) -> str:
    """The name of a function that is defined in the test which calls this."""
    frame = inspect.currentframe()
    assert frame is not None and frame.f_back is not None
    return f"{frame.f_back.f_code.co_name}.<locals>.{name}"


# -- the list ----------------------------------------------------------------------------------------------


def test_what_was_found_is_listed_within_its_limits_and_emptied() -> None:
    clear_caches()
    given = problem()
    relaxation = assemble(partial_plan(given, 1))
    independent_moments(relaxation.sdp)
    own = [cache for cache in caches() if cache.where.startswith("momentsos.")]
    filled = {(cache.where, cache.name) for cache in own if cache.entries}
    assert {
        ("momentsos.conditioning.split", "affine_split"),
        ("momentsos.conditioning.affine", "half_widths"),
        ("momentsos.polynomials.exponents", "unique_rows"),
        ("momentsos.relaxations.partial", "_reference"),
        ("momentsos.sdp.independence", "independent moments"),
        ("momentsos.sdp.svec", "svec_index"),
    } <= filled
    for cache in own:
        assert cache.limit is None or cache.entries <= cache.limit
        assert cache.room is None or cache.bytes <= cache.room
        assert (cache.bytes > 0) == (cache.entries > 0)
    assert len({(cache.where, cache.name) for cache in own}) == len(own)
    clear_caches()
    assert not any(cache.entries or cache.bytes for cache in caches())
    again = assemble(partial_plan(given, 1))
    assert (again.sdp.operator != relaxation.sdp.operator).nnz == 0


def test_other_memory_is_listed_by_whoever_has_it() -> None:
    space = [1, 2, 3]
    register("space", __name__, lambda: (len(space), 8 * len(space)), space.clear, limit=3, room=24)
    cache = listed("space")
    assert (cache.entries, cache.limit, cache.bytes, cache.room) == (3, 3, 24, 24)
    clear_caches()
    assert space == [] and listed("space").entries == 0


def test_problems_and_programs_are_not_kept_alive() -> None:
    given, quadratic = problem(), ms.Problem(ms.variables("x")[0] ** 2)
    sdp = assemble(partial_plan(given, 1)).sdp
    mixed_plan(quadratic, 0)
    half_widths(given), affine_split(given), quadratic_split(given), independent_moments(sdp)
    references = [weakref.ref(each) for each in (given, quadratic, sdp)]
    del given, quadratic, sdp
    gc.collect()
    assert [reference() for reference in references] == [None, None, None]


# -- its kinds ---------------------------------------------------------------------------------------------


def test_a_function_keeps_its_last_results_up_to_a_number_of_them() -> None:
    asked = []

    @kept(2)
    def double(n: int) -> int:
        asked.append(n)
        return 2 * n

    assert [double(n) for n in (1, 1, 2, 3, 2, 1)] == [2, 2, 4, 6, 4, 2]
    assert asked == [1, 2, 3, 1]
    assert listed(qualified("double")).entries == listed(qualified("double")).limit == 2


def test_a_function_keeps_its_last_results_up_to_a_number_of_bytes() -> None:
    asked = []

    @kept(100, room=10_000)
    def zeros(n: int) -> np.ndarray:
        asked.append(n)
        return np.zeros(n)

    for n in (500, 501, 500, 600, 501, 500, 2000, 2000, 500):
        zeros(n)
    assert asked == [500, 501, 600, 500, 2000, 2000]  # the oldest go; what is too large alone is not kept
    assert 8 * 1101 <= listed(qualified("zeros")).bytes <= 10_000


def test_what_is_known_of_a_record_goes_with_it() -> None:
    asked = []

    @kept_beside(limit=2)
    def power(given: ms.Problem, n: int) -> int | None:
        asked.append(n)
        return given.degree**n if n else None

    one, other = problem(), problem()
    assert [power(one, n) for n in (1, 1, 2, 0, 0)] == [2, 2, 4, None, None]
    assert power(other, 1) == 2
    assert asked == [1, 2, 0, 1]
    power(one, 1)  # of one record the oldest of more than two is found again
    assert asked == [1, 2, 0, 1, 1]
    assert listed(qualified("power")).entries == 2
    del other
    gc.collect()
    assert listed(qualified("power")).entries == 1


def test_remembered_functions_and_dictionaries_beside_records_are_listed() -> None:
    @remembered
    def total(rows: np.ndarray) -> int:
        return int(rows.sum())

    total(np.arange(3))
    assert listed(qualified("total")).entries == 1
    known, given = beside("degrees", __name__), problem()
    known[given] = np.zeros(100)
    assert listed("degrees").entries == 1 and listed("degrees").bytes >= 800


def test_a_failure_is_not_kept() -> None:
    asked = []

    @kept(4)
    def fails(n: int) -> int:
        asked.append(n)
        raise ms.InvalidInput("no")

    for _ in range(2):
        with pytest.raises(ms.InvalidInput):
            fails(1)
    assert asked == [1, 1]


# -- bytes -------------------------------------------------------------------------------------------------


def test_bytes_are_those_of_arrays_once_whatever_holds_them() -> None:
    array = np.zeros(1000)
    assert held_bytes(array) == held_bytes(array[:10]) == 8000
    assert 8000 < held_bytes((array, [array, array[::2]], {"again": array})) < 9000
    assert held_bytes(sp.csr_matrix(np.ones((10, 100)))) > 12_000
    x, y = ms.variables("x y")
    p = (1 + x + y) ** 20
    assert p.exponents.nbytes + p.values.nbytes < held_bytes(ms.Problem(p, [p, -p])) < 4 * p.exponents.nbytes
    assert held_bytes(unique_rows(p.exponents)) > 0 and held_bytes(svec_index(3)) > 0


# -- nothing else ------------------------------------------------------------------------------------------


def names_of(target: ast.expr) -> list[str]:
    return [node.id for node in ast.walk(target) if isinstance(node, ast.Name)]


def changed_names(tree: ast.Module) -> set[str]:
    """Names of which a part is assigned or deleted, or a method called that changes a container."""
    changed = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
            changed.update(names_of(node.value))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS:
            changed.update([node.func.value.id] if isinstance(node.func.value, ast.Name) else [])
        elif isinstance(node, ast.AugAssign):
            changed.update(names_of(node.target))
        elif isinstance(node, ast.Global):
            changed.update(node.names)
    return changed


def caches_in(source: str) -> set[str]:
    """What looks like a cache and is not on the list: decorators of functools, names of a module that change."""
    tree = ast.parse(source)
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "functools":
            found |= {alias.name for alias in node.names} & {"cache", "lru_cache"}
        elif isinstance(node, ast.Attribute) and node.attr in ("cache", "lru_cache"):
            found.add(node.attr)
    changed = changed_names(tree)
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            made = node.value.func if isinstance(node.value, ast.Call) else None
            on_the_list = isinstance(made, ast.Name) and made.id == "beside"
            if not on_the_list:
                found |= changed & {target.id for target in targets if isinstance(target, ast.Name)}
    return found


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("from functools import lru_cache\n", {"lru_cache"}),
        ("import functools\n@functools.cache\ndef f(): ...\n", {"cache"}),
        ("known = {}\ndef f(x): known[x] = 1\n", {"known"}),
        ("known: dict = dict()\ndef f(x): return known.setdefault(x, 1)\n", {"known"}),
        ("seen = None\ndef f(x):\n    global seen\n    seen = x\n", {"seen"}),
        ("last = [0]\ndef f(x): last[0] += x\n", {"last"}),
        ("known = beside('x', __name__)\ndef f(x): known[x] = 1\n", set()),
        ("STATUS = {'a': 1}\ndef f(x):\n    known = {}\n    known[x] = STATUS[x]\n", set()),
    ],
)
def test_a_cache_that_is_not_on_the_list_is_found(source, names) -> None:
    assert caches_in(source) == names


def test_all_caches_of_the_package_are_on_the_list() -> None:
    found = set()
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE).as_posix()
        if place != "machine/caches.py":  # the list itself
            found |= {f"{place}: {name}" for name in caches_in(path.read_text(encoding="utf-8"))}
    assert found <= HOOKS
