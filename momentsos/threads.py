"""How many threads linear algebra may use: many threads on small matrices only wait for each other."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


def limited_threads(count: int | None) -> AbstractContextManager[Any]:
    """Return a context in which BLAS uses `count` threads, or as many as it likes for None."""
    return _controller().limit(limits=count, user_api="blas")
