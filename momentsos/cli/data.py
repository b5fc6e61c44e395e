"""Networks and data in ``.npz`` files: nothing in them is executed, and no announced size is believed."""

from __future__ import annotations

import io
import math
import zipfile
import zlib

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from ..errors import InvalidInput
from ..learning import PolynomialNetwork
from ..machine.checks import file_path
from ..machine.memory import available_bytes

#: Share of the free memory that the arrays of a file may take.
_SHARE = 0.25
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def read_data(path: str, degrees: list[int]) -> tuple[PolynomialNetwork, NDArray[np.float64], NDArray[np.float64]]:
    """Read weights, biases, inputs and outputs from an ``.npz`` file.

    Raises
    ------
    InvalidInput
        When the file cannot be read, lacks an array, or holds more than the memory takes.
    """
    layers = len(degrees) + 1
    arrays = read_arrays(path)
    wanted = [*(f"W{layer}" for layer in range(1, layers + 1)), "X", "Y"]
    missing = [name for name in wanted if name not in arrays]
    if missing:
        raise InvalidInput(
            f"{path} lacks {', '.join(missing)}: {len(degrees)} degrees need {', '.join(wanted)}; "
            f"it holds {', '.join(sorted(arrays))[:200] or 'nothing'}"
        )
    extra = f"W{layers + 1}"
    if extra in arrays:
        raise InvalidInput(f"{path} holds {extra}: give one degree for each hidden layer, {len(degrees)} came")
    biases = [arrays.get(f"b{layer}", np.zeros(len(arrays[f"W{layer}"]))) for layer in range(1, layers + 1)]
    given = any(f"b{layer}" in arrays for layer in range(1, layers + 1))
    weights = [arrays[f"W{layer}"] for layer in range(1, layers + 1)]
    network = PolynomialNetwork(weights=tuple(weights), degrees=tuple(degrees), biases=tuple(biases) if given else None)
    return network, arrays["X"], arrays["Y"]


def read_arrays(path: str) -> dict[str, NDArray]:
    """Return the arrays of an ``.npz`` file by name, each with at least one dimension.

    Raises
    ------
    InvalidInput
        When the file cannot be read, or holds more than a quarter of the free memory.
    """
    place, room = file_path(path, "path"), int(_SHARE * available_bytes())
    arrays = {}
    try:
        with zipfile.ZipFile(place) as archive:
            for item in archive.infolist():
                with archive.open(item) as member:
                    data = member.read(room + 1)
                if len(data) > room:
                    raise InvalidInput(
                        f"{path}: its arrays take more than {room / 1e9:.3g} GB, a quarter of what is free"
                    )
                room -= len(data)
                arrays[item.filename.removesuffix(".npy")] = np.atleast_1d(_array(data))
    except OSError as error:
        raise InvalidInput(f"cannot read {path}: {error.strerror or error}") from error
    except InvalidInput:
        raise
    except (ValueError, TypeError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise InvalidInput(f"{path} is not an .npz file of plain arrays: {error}"[:300]) from error
    return arrays


def _array(data: bytes) -> NDArray:
    """Return the array that the bytes of a ``.npy`` file hold; its shape must be that of the bytes that are there."""
    stream = io.BytesIO(data)
    version = npy.read_magic(stream)
    if version not in _HEADERS:
        raise ValueError(f"format version {version}, which plain arrays do not have")
    shape, in_columns, kind = _HEADERS[version](stream)
    if kind.hasobject or kind.names is not None:
        raise ValueError("it holds objects, not numbers")
    rest = data[stream.tell() :]
    if any(length < 0 for length in shape) or math.prod(shape) * kind.itemsize != len(rest):
        raise ValueError(f"an array of shape {shape} is announced, and {len(rest)} bytes are there")
    return np.frombuffer(rest, kind).reshape(shape, order="F" if in_columns else "C")
