"""One call of `solve` or `learn` as a task: its key is a digest of all that it is given."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from fractions import Fraction
from functools import cached_property
from inspect import signature
from typing import Any, ClassVar

import numpy as np

from .. import __version__
from ..branching.steps import Ended
from ..certificates import CertificateError
from ..errors import BadOption, InvalidInput
from ..hierarchy.document import FORMAT, result_document
from ..hierarchy.request import Asked, check_problem, check_request
from ..hierarchy.result import Result
from ..hierarchy.solve import solve
from ..learning.fit_document import FIT, fit_document
from ..learning.learn import learn
from ..learning.network import PolynomialNetwork
from ..learning.network_document import network_document
from ..machine.checks import shown
from ..machine.documents import document_text
from ..machine.memory import available_bytes
from ..problem import Problem

#: Arguments of the calls that belong to the sweep, or have no text.
_NOT_HERE = {"progress", "client", "squares"}
_ASKED = {field.name for field in fields(Asked)}


@dataclass(frozen=True, eq=False)
class Task:
    """One call.

    Attributes
    ----------
    given : mapping
        Its arguments by name.
    certify : bool
        Whether an exact certificate is made and kept with the result, where there is one.
    """

    given: Mapping[str, Any]
    certify: bool = False

    #: What it is called, what it calls, the name of its documents, and what they hold.
    name: ClassVar[str]
    call: ClassVar[Callable[..., Any]]
    format: ClassVar[str]
    content: ClassVar[Callable[..., dict[str, Any]]]

    def __call__(self, share: float) -> str:
        """Return the document of the result, with the key of the task in it.

        Raises
        ------
        MomentSOSError
        KeyboardInterrupt
            The search was interrupted, and has returned what it had: that is no result of this task.
        """
        more = (
            {}
            if share == 1 or "memory_limit" in self.given
            else {"memory_limit": max(1.0, share * available_bytes() / 2)}
        )
        result: Result = type(self).call(**self.given, **more)
        if result.tree is not None and result.tree.ended is Ended.INTERRUPTED:
            raise KeyboardInterrupt
        if self.certify:
            _with_certificate(result)
        return document_text(self.format, {**type(self).content(result), "task": self.key})

    @cached_property
    def key(self) -> str:
        """A digest of the arguments and the version of this package."""
        told = {name: _told(value, name) for name, value in self.given.items()}
        whole = [self.format, __version__, told, self.certify]
        return f"{self.name}-{hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()[:32]}"

    @classmethod
    def of(cls, arguments: Mapping[str, Any], certify: bool, where: str) -> Task:
        """Return a checked task.

        Raises
        ------
        InvalidInput, BadOption
            `where` stands in the message.
        """
        known = {name: part for name, part in signature(cls.call).parameters.items() if name not in _NOT_HERE}
        for name in arguments:
            if name not in known:
                raise BadOption(f"{where}: unknown argument {shown(name)}; expected some of {', '.join(known)}")
        for name, part in known.items():
            if part.default is part.empty and name not in arguments:
                raise InvalidInput(f"{where}: expected {name!r} among its arguments")
        check_request(Asked(**{name: value for name, value in arguments.items() if name in _ASKED}))
        made = cls(arguments, certify)
        made.check(where)
        return made

    def check(self, where: str) -> None:
        """Raise `InvalidInput` for arguments that no call could take."""


class SolveTask(Task):
    """A call of `solve`."""

    name, format = "problem", FORMAT
    call, content = staticmethod(solve), staticmethod(result_document)

    def check(self, where: str) -> None:
        """Raise `InvalidInput` unless there is a problem."""
        if not isinstance(self.given["problem"], Problem):
            raise InvalidInput(f"{where}: expected a Problem, got {shown(self.given['problem'])}")
        check_problem(self.given["problem"])


class LearnTask(Task):
    """A call of `learn`."""

    name, format = "fit", FIT
    call, content = staticmethod(learn), staticmethod(fit_document)

    def check(self, where: str) -> None:
        """Raise `InvalidInput` unless there are a network and arrays."""
        if not isinstance(self.given["network"], PolynomialNetwork):
            raise InvalidInput(f"{where}: expected a PolynomialNetwork, got {shown(self.given['network'])}")
        for name in ("X", "Y"):
            if not isinstance(self.given.get(name), np.ndarray | list | tuple):
                raise InvalidInput(f"{where}: {name}: expected an array, got {shown(self.given.get(name))}")


def _with_certificate(result: Result) -> None:
    """Let a result have its certificate, where there is one."""
    try:
        _ = result.certificate
    except CertificateError:
        return


def _told(value: object, where: str) -> Any:
    """Return a JSON value that tells an argument from all others."""
    if value is None or isinstance(value, bool | str | int):
        return value
    if isinstance(value, np.generic):
        return _told(value.item(), where)
    if isinstance(value, float | Fraction):
        return [type(value).__name__, str(value)]
    if isinstance(value, Problem):
        return value.as_dict()
    if isinstance(value, PolynomialNetwork):
        return network_document(value)
    if isinstance(value, Mapping):
        return {str(name): _told(each, f"{where}[{name!r}]") for name, each in value.items()}
    if isinstance(value, list | tuple) and where not in ("X", "Y"):
        return [_told(each, where) for each in value]
    array = np.asarray(value)
    if array.dtype.hasobject:
        raise InvalidInput(f"{where}: {shown(value)} has no text by which a stored result could be known")
    return [str(array.dtype), list(array.shape), hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()]
