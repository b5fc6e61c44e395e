"""How many threads linear algebra may use: many threads on small matrices only wait for each other."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from threadpoolctl import ThreadpoolController

from .caches import kept


@kept(1)
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


def limited_threads(count: int | None) -> AbstractContextManager[Any]:
    """Return a context in which BLAS uses `count` threads, or as many as it likes for None."""
    libraries = [library for library in _controller().lib_controllers if library.user_api == "blas"]
    if count is None or all(library.num_threads == count for library in libraries):
        return nullcontext()
    return _controller().limit(limits=count, user_api="blas")
