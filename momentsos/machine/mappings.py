"""A mapping that is not written to, for frozen records: unlike `types.MappingProxyType` it pickles and copies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value", covariant=True)


class ReadOnly(Mapping[Key, Value]):
    """What a mapping holds now; later changes of that mapping are not seen.

    Parameters
    ----------
    content : mapping or iterable of pairs, optional
    """

    __slots__ = ("_content",)

    def __init__(self, content: Mapping[Key, Value] | Iterable[tuple[Key, Value]] = ()) -> None:
        self._content: dict[Key, Value] = dict(content)

    def __getitem__(self, key: Key) -> Value:
        return self._content[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._content)

    def __len__(self) -> int:
        return len(self._content)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._content!r})"

    def __reduce__(self) -> tuple[type[ReadOnly[Key, Value]], tuple[dict[Key, Value]]]:
        return ReadOnly, (self._content,)
