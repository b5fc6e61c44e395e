"""Models with polynomial activations as ONNX messages and files."""

from __future__ import annotations

import copy
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import onnx
import torch
from torch import nn

from ..errors import BadOption, InvalidInput
from ..machine.checks import converted, shown
from ..machine.files import write_bytes
from .precision import in_double

#: The version of ONNX's operators that modules of PyTorch are written in.
_OPSET = 18
_PRECISIONS = ("double", "single")


def write(model: Any, row: tuple[int, ...], path: object, precision: str = "double") -> None:
    """Write a model to an ONNX file, which appears whole or not at all; see `message_of_model`."""
    write_bytes(path, message_of_model(model, row, precision).SerializeToString())


def message_of_model(model: Any, row: tuple[int, ...], precision: str = "double") -> onnx.ModelProto:
    """Return a model as an ONNX message of one input and one output, any number of samples at a time.

    Parameters
    ----------
    model : Module, ModelProto, or a perceptron with a polynomial network
        As `momentsos.polynomialize` returns it.
    row : tuple of int
        The shape of a sample.
    precision : {"double", "single"}
        Of input, output and all between. In double precision convolutions and average pooling are written as products
        of matrices, which onnxruntime has in that precision.

    Raises
    ------
    BadOption
        Another precision.
    InvalidInput
        PyTorch cannot export the module, or the model is none of these.
    """
    if precision not in _PRECISIONS:
        raise BadOption(f"precision = {shown(precision)}: expected one of {', '.join(_PRECISIONS)}")
    if isinstance(model, onnx.ModelProto):
        return in_double(model, row) if precision == "double" else model
    module = model if isinstance(model, nn.Module) else _of_perceptron(model)
    found = _exported(module, row, precision)
    return in_double(found, row) if precision == "double" else found


def _of_perceptron(model: Any) -> nn.Module:
    if hasattr(model, "steps"):
        raise InvalidInput(
            "to_onnx: the steps before the perceptron have no form in ONNX here; write the perceptron alone, with "
            "poly.model[-1].network.to_torch()"
        )
    if not hasattr(model, "network"):
        raise InvalidInput(f"to_onnx: expected a model of torch, sklearn or onnx, got {shown(model)}")
    return model.network.to_torch()


def _exported(module: nn.Module, row: tuple[int, ...], precision: str) -> onnx.ModelProto:
    """Return what PyTorch's exporter makes of a module."""
    kind = torch.float64 if precision == "double" else torch.float32
    own = copy.deepcopy(module).cpu().to(kind).eval()
    samples = torch.zeros((2, *row), dtype=kind)

    def export(part: nn.Module) -> onnx.ModelProto:
        program = torch.onnx.export(
            part,
            (samples,),
            dynamo=True,
            opset_version=_OPSET,
            input_names=["input"],
            output_names=["output"],
            dynamic_shapes=({0: torch.export.Dim("samples")},),
            optimize=False,  # its optimiser leaves out terms below 1e-8, whatever they are multiplied with behind
            verbose=False,
        )
        assert program is not None
        return program.model_proto

    with _silent():
        found: onnx.ModelProto = converted(export, own, "to_onnx", "a module that torch.onnx.export takes")
    return found


@contextmanager
def _silent() -> Iterator[None]:
    """Keep the exporter from telling users about its own future, and about packages that models here do not need."""
    log = logging.getLogger("torch.onnx")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            yield
    finally:
        log.setLevel(before)
