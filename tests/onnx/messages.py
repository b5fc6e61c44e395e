"""Small ONNX messages, seeded, and their values by other implementations."""

from __future__ import annotations

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
pytest.importorskip("torch")
helper, numpy_helper = onnx.helper, onnx.numpy_helper
KINDS = {np.float64: onnx.TensorProto.DOUBLE, np.float32: onnx.TensorProto.FLOAT}


def message(nodes, row, constants=(), kind=np.float64, batch="samples", opset=20, ends=None):
    """Return a message from ``x`` to ``y``; constants are floats of its kind, or integers."""
    element = KINDS[kind]
    inputs = [helper.make_tensor_value_info("x", element, [batch, *row])]
    outputs = [helper.make_tensor_value_info("y", element, ends)]
    known = []
    for name, value in dict(constants).items():
        array = np.asarray(value)
        array = array.astype(kind) if array.dtype.kind == "f" else array.astype(np.int64)
        known.append(numpy_helper.from_array(array, name))
    graph = helper.make_graph(list(nodes), "graph", inputs, outputs, known)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)


def node(operator, *inputs, to="y", name="", **attributes):
    """Return a node; a number for `to` is the attribute of that name."""
    if isinstance(to, int):
        return helper.make_node(operator, list(inputs), ["y"], name, to=to, **attributes)
    return helper.make_node(operator, list(inputs), [to], name, **attributes)


def perceptron(activation="Tanh", sizes=(4, 6, 5, 2), kind=np.float32, seed=0, **attributes):
    """Return linear layers with activations between them."""
    random = np.random.default_rng(seed)
    nodes, constants, last = [], {}, "x"
    for k in range(len(sizes) - 1):
        constants[f"w{k}"] = random.standard_normal((sizes[k + 1], sizes[k])) / np.sqrt(sizes[k])
        constants[f"b{k}"] = 0.3 * random.standard_normal(sizes[k + 1])
        end = k == len(sizes) - 2
        nodes.append(node("Gemm", last, f"w{k}", f"b{k}", to="y" if end else f"h{k}", name=f"layer/{k}", transB=1))
        if not end:
            nodes.append(node(activation, f"h{k}", to=f"a{k}", name=f"activation/{k}", **attributes))
            last = f"a{k}"
    return message(nodes, (sizes[0],), constants, kind, ends=["samples", sizes[-1]])


def convolutional(kind=np.float32, seed=0):
    """Return convolutions, normalisation, pooling, two activations and a linear layer."""
    random = np.random.default_rng(seed)
    nodes = [
        node("Conv", "x", "k0", "c0", to="h0", name="first", pads=[1, 1, 1, 1]),
        node("BatchNormalization", "h0", "scale", "shift", "mean", "variance", to="n0"),
        node("Gelu", "n0", to="a0", name="gelu"),
        node("AveragePool", "a0", to="p0", kernel_shape=[2, 2], strides=[2, 2]),
        node("Conv", "p0", "k1", "c1", to="h1", name="second", strides=[2, 2]),
        node("Tanh", "h1", to="a1", name="tanh"),
        node("GlobalAveragePool", "a1", to="p1"),
        node("Flatten", "p1", to="f1"),
        node("Gemm", "f1", "w", "b", name="last", transB=1),
    ]
    constants = {
        "k0": random.standard_normal((3, 1, 3, 3)) / 3,
        "c0": 0.1 * random.standard_normal(3),
        "scale": random.uniform(0.5, 1.5, 3),
        "shift": 0.1 * random.standard_normal(3),
        "mean": 0.1 * random.standard_normal(3),
        "variance": random.uniform(0.5, 1.5, 3),
        "k1": random.standard_normal((4, 3, 2, 2)) / 3,
        "c1": 0.1 * random.standard_normal(4),
        "w": random.standard_normal((3, 4)),
        "b": 0.1 * random.standard_normal(3),
    }
    return message(nodes, (1, 8, 8), constants, kind, ends=["samples", 3])


def reference(model, X):
    """Return the outputs by ONNX's own reference implementation."""
    from onnx.reference import ReferenceEvaluator

    return ReferenceEvaluator(model).run(None, {model.graph.input[0].name: X})[0]


def run(model, X):
    """Return the outputs by onnxruntime, of a message or a file."""
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime runs the files")
    data = model.SerializeToString() if isinstance(model, onnx.ModelProto) else str(model)
    session = runtime.InferenceSession(data, providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    kind = np.float64 if given.type == "tensor(double)" else np.float32
    return session.run(None, {given.name: X.astype(kind)})[0]


def rows(samples, *shape, seed=1):
    """Return inputs."""
    return np.random.default_rng(seed).standard_normal((samples, *shape))
