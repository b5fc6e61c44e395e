"""The list of caches: every cache of the package, what it may hold, what it holds now, and how to empty it.

What depends on few small things alone is found once. There are two kinds, and a test finds any other:

- `kept`: a pure function of hashable values keeps its last results, up to a number of them and of bytes.
- `beside` and `kept_beside`: what is known of a record, such as a problem, is kept as long as the record is in use.

Attributes that a record finds when they are first asked for (`functools.cached_property`) are part of the record and
live as long as it; those of a record that a cache holds are counted with that cache. Work space outside of Python's
memory is put on the list by `register`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Iterator, MutableMapping
from dataclasses import dataclass
from functools import wraps
from threading import Lock
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar
from weakref import ref

import numpy as np

from .records import Brief

#: The bytes that a cache may hold where nothing else is said.
ROOM = 2**25

Given = ParamSpec("Given")
Record = TypeVar("Record")
Result = TypeVar("Result")


@dataclass(frozen=True, repr=False)
class Cache(Brief):
    """A cache as it is now.

    Attributes
    ----------
    name : str
        The function whose results it keeps, or what it holds.
    where : str
        The module.
    entries : int
        How many results it holds.
    limit : int or None
        How many at most; None where each lives as long as the record that it is about.
    bytes : int
        What the results take, with the keys they are found by.
    room : int or None
        How many at most; None as above.
    """

    name: str
    where: str
    entries: int
    limit: int | None
    bytes: int
    room: int | None


@dataclass(frozen=True)
class _Listed:
    """A line of the list: what does not change of a `Cache`, and two functions for what does."""

    name: str
    where: str
    limit: int | None
    room: int | None
    held: Callable[[], tuple[int, int]]
    clear: Callable[[], None]


_LISTED: list[_Listed] = []


def caches() -> tuple[Cache, ...]:
    """Return all caches of the modules that were imported so far, sorted by module and name."""
    found = []
    for each in sorted(_LISTED, key=lambda each: (each.where, each.name)):
        entries, size = each.held()
        found.append(Cache(each.name, each.where, entries, each.limit, size, each.room))
    return tuple(found)


def clear_caches() -> None:
    """Empty all caches; nothing but time is lost."""
    for each in _LISTED:
        each.clear()


def register(
    name: str,
    where: str,
    held: Callable[[], tuple[int, int]],
    clear: Callable[[], None],
    limit: int | None = None,
    room: int | None = None,
) -> None:
    """Put a cache on the list.

    Parameters
    ----------
    name, where : str
        What it holds; the module.
    held : callable
        Returns the number of entries and their bytes.
    clear : callable
        Empties it.
    limit, room : int, optional
        The most entries and bytes that it may hold.
    """
    _LISTED.append(_Listed(name, where, limit, room, held, clear))


class Store(Generic[Result]):
    """Results by their keys, the oldest of which go when there are too many or they take too many bytes.

    Parameters
    ----------
    function : callable
        Whose results they are; it names the store in the list.
    limit, room : int
        The most entries and bytes. A result that is too large alone is not kept.
    """

    def __init__(self, function: Callable[..., Result], limit: int, room: int) -> None:
        self.known: dict[Hashable, Result] = {}
        self._sizes: dict[Hashable, int] = {}
        self._bytes = 0
        self._limit, self._room = limit, room
        self._lock = Lock()
        register(function.__qualname__, function.__module__, self._held, self.clear, limit, room)

    def add(self, key: Hashable, result: Result, size: int) -> None:
        """Keep a result that takes `size` bytes with its key."""
        if size > self._room:
            return
        with self._lock:
            if key in self.known:  # two threads looked for it
                return
            self.known[key], self._sizes[key] = result, size
            self._bytes += size
            while len(self.known) > self._limit or self._bytes > self._room:
                oldest = next(iter(self.known))
                del self.known[oldest]
                self._bytes -= self._sizes.pop(oldest)

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self.known.clear()
            self._sizes.clear()
            self._bytes = 0

    def _held(self) -> tuple[int, int]:
        return len(self.known), self._bytes


def kept(limit: int, room: int = ROOM) -> Callable[[Callable[Given, Result]], Callable[Given, Result]]:
    """Let a pure function of hashable values keep its last results, which must not be written to.

    Parameters
    ----------
    limit, room : int
        The most results, and the most bytes that they and their arguments take; the oldest go first.

    Returns
    -------
    decorator
        The function must not return None, and is called with arguments by position alone.
    """

    def decorate(function: Callable[Given, Result]) -> Callable[Given, Result]:
        store = Store(function, limit, room)
        known = store.known

        @wraps(function)
        def ask(*given: Given.args, **none: Given.kwargs) -> Result:
            found = known.get(given)
            if found is None:
                found = function(*given, **none)
                store.add(given, found, held_bytes((given, found)))
            return found

        return ask

    return decorate


class _Of(ref[Record]):
    """A weak reference that is equal to others to the same object, whatever the object is equal to."""

    def __init__(self, record: Record, callback: Callable[[Any], object] | None = None) -> None:
        self._hash = object.__hash__(record)

    def __new__(cls, record: Record, callback: Callable[[Any], object] | None = None) -> _Of[Record]:
        return super().__new__(cls, record, callback)

    def __eq__(self, other: object) -> bool:
        record = self()
        return self is other or (record is not None and isinstance(other, ref) and record is other())

    def __hash__(self) -> int:
        return self._hash


class Beside(MutableMapping[Record, Result]):
    """What is known of records that are in use, each told by its identity: an entry goes with its record.

    `weakref.WeakKeyDictionary` would ask for equality, which records have by value, and that costs what they are large.
    """

    def __init__(self) -> None:
        self._known: dict[_Of[Record], Result] = {}

    def __getitem__(self, record: Record) -> Result:
        return self._known[_Of(record)]

    def __setitem__(self, record: Record, result: Result) -> None:
        known = self._known
        known[_Of(record, lambda gone: known.pop(gone, None))] = result

    def __delitem__(self, record: Record) -> None:
        del self._known[_Of(record)]

    def __iter__(self) -> Iterator[Record]:
        return iter([record for held in list(self._known) if (record := held()) is not None])

    def __len__(self) -> int:
        return len(self._known)

    def clear(self) -> None:
        """Drop everything."""
        self._known.clear()


def beside(name: str, where: str) -> Beside[Any, Any]:
    """Return a dictionary on the list for what is known of records that are still in use: an entry goes with its key.

    What is kept must not hold the record itself, which would then stay for ever.
    """
    known: Beside[Any, Any] = Beside()
    register(name, where, lambda: (len(known), held_bytes(list(known.values())) if known else 0), known.clear)
    return known


def kept_beside(
    limit: int = 8,
) -> Callable[[Callable[Concatenate[Record, Given], Result]], Callable[Concatenate[Record, Given], Result]]:
    """Let a pure function keep its results, which must not be written to, as long as its first argument is in use.

    Parameters
    ----------
    limit : int
        The most results for one record, which differ in the other arguments; the oldest go first.

    Returns
    -------
    decorator
        The function takes a record, which is told from others by its identity, and hashable values by position. Its
        results must not hold the record; see `beside`.
    """

    def decorate(
        function: Callable[Concatenate[Record, Given], Result],
    ) -> Callable[Concatenate[Record, Given], Result]:
        known: Beside[Record, dict[Hashable, Result]]
        known = beside(function.__qualname__, function.__module__)

        @wraps(function)
        def ask(record: Record, /, *given: Given.args, **none: Given.kwargs) -> Result:
            own = known.get(record)
            if own is None:
                own = known.setdefault(record, {})
            if given not in own:
                result = function(record, *given, **none)
                if len(own) >= limit:
                    own.pop(next(iter(own)), None)
                own[given] = result
            return own[given]

        return ask

    return decorate


def held_bytes(value: object) -> int:
    """Return the bytes that a value takes: arrays, numbers and texts in containers, in sparse matrices, in records.

    What occurs twice is counted once. Of objects of other packages only the head is counted.
    """
    total, waiting, seen = 0, [value], set()
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, np.ndarray):
            if each.base is not None:
                waiting.append(each.base)
                continue
            total += each.nbytes
            if each.dtype.hasobject:
                waiting += each.tolist()
        elif each is None or isinstance(each, type):
            continue
        elif isinstance(each, tuple | list | set | frozenset):
            total += sys.getsizeof(each)
            waiting += each
        elif isinstance(each, dict):
            total += sys.getsizeof(each)
            waiting += each.keys()
            waiting += each.values()
        else:
            total += sys.getsizeof(each)
            if type(each).__module__.startswith(("momentsos.", "scipy.sparse")):
                waiting += getattr(each, "__dict__", {}).values()
    return total
