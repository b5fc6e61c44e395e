"""Each operator does what ONNX's own reference implementation says, read and written anew in double precision."""

from __future__ import annotations

import numpy as np
import pytest
from messages import message, node, reference, rows, run

import momentsos as ms

torch = pytest.importorskip("torch")
graph = pytest.importorskip("momentsos.onnx.graph")
precision = pytest.importorskip("momentsos.onnx.precision")
R = np.random.default_rng(7)


def outputs(model, X):
    with torch.no_grad():
        return graph.read(model).module(torch.from_numpy(X)).numpy()


def agree(one, other):
    assert one.shape == other.shape
    assert np.abs(one - other).max() <= 1e-13 * max(1.0, np.abs(other).max())


FUNCTIONS = [
    ("Relu", {}),
    ("LeakyRelu", {"alpha": 0.2}),
    ("Elu", {"alpha": 0.7}),
    ("Celu", {"alpha": 0.7}),
    ("Selu", {}),
    ("Gelu", {}),
    ("Gelu", {"approximate": "tanh"}),
    ("Sigmoid", {}),
    ("Tanh", {}),
    ("Softplus", {}),
    ("Softsign", {}),
    ("HardSigmoid", {"alpha": 0.3, "beta": 0.4}),
    ("HardSwish", {}),
    ("Mish", {}),
    ("ThresholdedRelu", {"alpha": 0.5}),
    ("Erf", {}),
    ("Exp", {}),
    ("Abs", {}),
    ("Sin", {}),
    ("Atan", {}),
    ("Neg", {}),
    ("Identity", {}),
]


@pytest.mark.parametrize(("operator", "attributes"), FUNCTIONS, ids=lambda value: str(value))
def test_functions_of_one_number(operator, attributes) -> None:
    model, X = message([node(operator, "x", **attributes)], (6,)), 2.0 * rows(5, 6)
    # the reference has a few of them in single precision alone
    tolerance = 1e-6 if operator in ("Erf", "Gelu", "HardSwish", "Celu", "Mish", "Selu") else 1e-12
    assert outputs(model, X) == pytest.approx(reference(model, X), rel=tolerance, abs=tolerance)


@pytest.mark.parametrize("operator", ["Add", "Sub", "Mul", "Div"])
def test_arithmetic_with_constants_and_branches(operator) -> None:
    X = rows(5, 6)
    for other in (np.array(0.7), R.standard_normal(6)):
        for inputs in (("x", "c"), ("c", "x")):
            model = message([node(operator, *inputs)], (6,), {"c": other})
            agree(outputs(model, X), reference(model, X))
    both = message([node("Neg", "x", to="n"), node(operator, "x", "n")], (6,))
    agree(outputs(both, X), reference(both, X))


CONVOLUTIONS = [
    ((2, 7), (4, 2, 3), {"pads": [1, 1]}),
    ((2, 7), (4, 2, 3), {"pads": [2, 0], "strides": [2]}),
    ((2, 7, 6), (4, 2, 3, 2), {}),
    ((2, 7, 6), (4, 1, 3, 3), {"group": 2, "pads": [1, 1, 1, 1], "strides": [2, 1]}),
    ((2, 7, 6), (4, 2, 2, 2), {"dilations": [2, 3], "pads": [0, 1, 2, 3]}),
    ((2, 7, 6), (4, 2, 3, 3), {"auto_pad": "SAME_UPPER", "strides": [2, 2]}),
    ((2, 7, 6), (4, 2, 2, 2), {"auto_pad": "SAME_LOWER"}),
    ((2, 7, 6), (4, 2, 2, 2), {"auto_pad": "VALID"}),
    ((1, 4, 4, 4), (2, 1, 2, 2, 2), {"pads": [1, 1, 1, 1, 1, 1]}),
]


@pytest.mark.parametrize(("row", "kernel", "attributes"), CONVOLUTIONS, ids=lambda value: str(value))
def test_convolutions(row, kernel, attributes) -> None:
    X = rows(3, *row)
    constants = {"k": R.standard_normal(kernel), "b": R.standard_normal(kernel[0])}
    for inputs in (("x", "k", "b"), ("x", "k")):
        model = message([node("Conv", *inputs, **attributes)], row, constants)
        own = outputs(model, X)
        agree(run(precision.in_double(model, row), X), own)
        # the reference implementation has no double precision for all of these; onnxruntime has single precision
        single = message([node("Conv", *inputs, **attributes)], row, constants, np.float32)
        assert run(single, X) == pytest.approx(own, rel=1e-4, abs=1e-4)


POOLS = [
    ((2, 7), {"kernel_shape": [3], "strides": [2]}),
    ((2, 7, 6), {"kernel_shape": [2, 2], "strides": [2, 2]}),
    ((2, 7, 6), {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}),
    ((2, 7, 6), {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "count_include_pad": 1}),
    ((2, 7, 6), {"kernel_shape": [3, 2], "pads": [1, 0, 2, 1], "strides": [2, 1]}),
    ((2, 7, 6), {"kernel_shape": [2, 2], "strides": [2, 2], "auto_pad": "SAME_UPPER"}),
    ((2, 7, 7), {"kernel_shape": [2, 2], "strides": [2, 2], "ceil_mode": 1}),
]


@pytest.mark.parametrize(("row", "attributes"), POOLS, ids=lambda value: str(value))
def test_average_pooling(row, attributes) -> None:
    X = rows(3, *row)
    model = message([node("AveragePool", "x", **attributes)], row)
    own = outputs(model, X)
    agree(run(precision.in_double(model, row), X), own)
    single = message([node("AveragePool", "x", **attributes)], row, kind=np.float32)
    assert run(single, X) == pytest.approx(own, rel=1e-5, abs=1e-5)


def test_means_over_all_places() -> None:
    X = rows(3, 2, 5, 4)
    model = message([node("GlobalAveragePool", "x")], (2, 5, 4))
    agree(outputs(model, X), X.mean(axis=(2, 3), keepdims=True))
    agree(run(precision.in_double(model, (2, 5, 4)), X), outputs(model, X))


LAYERS = [
    ("Gemm", (4,), {"b": (4, 3), "c": (3,)}, {}),
    ("Gemm", (4,), {"b": (3, 4), "c": (1, 3)}, {"transB": 1, "alpha": 0.5, "beta": 2.0}),
    ("Gemm", (4,), {"b": (3, 4)}, {"transB": 1}),
    ("Gemm", (4,), {"b": (4, 3), "c": (1,)}, {}),
    ("MatMul", (4,), {"b": (4, 3)}, {}),
    ("MatMul", (2, 4), {"b": (4, 3)}, {}),
    ("MatMul", (2, 4), {"b": (1, 4, 3)}, {}),
]


@pytest.mark.parametrize(("operator", "row", "constants", "attributes"), LAYERS, ids=lambda value: str(value))
def test_linear_layers(operator, row, constants, attributes) -> None:
    drawn = {name: R.standard_normal(shape) for name, shape in constants.items()}
    model, X = message([node(operator, "x", *drawn, **attributes)], row, drawn), rows(5, *row)
    agree(outputs(model, X), reference(model, X))


def test_normalisation() -> None:
    names = ("scale", "shift", "mean", "variance")
    drawn = {name: R.uniform(0.5, 1.5, 3) for name in names}
    model = message([node("BatchNormalization", "x", *names, epsilon=1e-3)], (3, 4), drawn)
    agree(outputs(model, rows(5, 3, 4)), reference(model, rows(5, 3, 4)))


SHAPES = [
    ("Flatten", (2, 3, 4), {}, {}),
    ("Flatten", (2, 3, 4), {}, {"axis": 2}),
    ("Reshape", (2, 6), {"s": np.array([0, 3, -1])}, {}),
    ("Transpose", (2, 3), {}, {"perm": [0, 2, 1]}),
    ("Unsqueeze", (2, 3), {"a": np.array([1, 4])}, {}),
    ("Squeeze", (1, 3, 1), {"a": np.array([1, 3])}, {}),
    ("Gather", (4, 3), {"i": np.array([[2, 0], [-1, 1]])}, {"axis": 1}),
    ("Slice", (6, 3), {"s": np.array([1]), "e": np.array([9]), "a": np.array([1]), "t": np.array([2])}, {}),
    ("Pad", (2, 3), {"p": np.array([0, 1, 0, 0, 0, 2])}, {}),
    ("ReduceMean", (2, 3), {"a": np.array([1, -1])}, {"keepdims": 0}),
    ("ReduceSum", (2, 3), {"a": np.array([2])}, {}),
    ("Cast", (2, 3), {}, {"to": 11}),
    ("Dropout", (2, 3), {}, {}),
    ("CastLike", (2, 3), {"c": np.ones(1)}, {}),
    ("Expand", (1, 3), {"s": np.array([1, 2, 1])}, {}),
]


@pytest.mark.parametrize(("operator", "row", "constants", "attributes"), SHAPES, ids=lambda value: str(value)[:40])
def test_shapes(operator, row, constants, attributes) -> None:
    model, X = message([node(operator, "x", *constants, **attributes)], row, constants), rows(5, *row)
    agree(outputs(model, X), reference(model, X))


def test_shapes_that_are_computed() -> None:
    nodes = [
        node("Shape", "x", to="s"),
        node("Gather", "s", "zero", to="n", axis=0),
        node("Unsqueeze", "n", "axes", to="m"),
        node("Concat", "m", "rest", to="t", axis=0),
        node("Reshape", "x", "t"),
    ]
    model = message(nodes, (2, 3), {"zero": np.array(0), "axes": np.array([0]), "rest": np.array([-1])})
    agree(outputs(model, rows(5, 2, 3)), reference(model, rows(5, 2, 3)))


def test_constants_of_constants_are_folded() -> None:
    nodes = [
        node("Mul", "c", "c", to="d"),
        node("Unsqueeze", "d", "zero", to="e"),
        node("CastLike", "two", "x", to="f"),
        node("Add", "x", "e", to="g"),
        node("Mul", "g", "f"),
    ]
    constants = {"c": R.standard_normal(3), "zero": np.array([0]), "two": np.array(2)}
    model, X = message(nodes, (3,), constants), rows(5, 3)
    agree(outputs(model, X), reference(model, X))


def written_out(kind):
    """Return an activation as exporters write it in several nodes, from h to a, and its constants."""
    if kind == "gelu":
        nodes = [
            node("Div", "h", "root", to="g0"),
            node("Erf", "g0", to="g1"),
            node("Add", "g1", "one", to="g2"),
            node("Mul", "h", "g2", to="g3"),
            node("Mul", "g3", "half", to="a"),
        ]
        return nodes, {"root": np.sqrt(2.0), "one": 1.0, "half": 0.5}
    if kind == "gelu by tanh":
        nodes = [
            node("Pow", "h", "three", to="g0"),
            node("Mul", "g0", "small", to="g1"),
            node("Add", "h", "g1", to="g2"),
            node("Mul", "g2", "root", to="g3"),
            node("Tanh", "g3", to="g4"),
            node("Add", "g4", "one", to="g5"),
            node("Mul", "h", "g5", to="g6"),
            node("Mul", "g6", "half", to="a"),
        ]
        return nodes, {"three": 3.0, "small": 0.044715, "root": np.sqrt(2 / np.pi), "one": 1.0, "half": 0.5}
    if kind == "silu":
        return [node("Sigmoid", "h", to="g0"), node("Mul", "h", "g0", to="a")], {}
    return [node("Softplus", "h", to="g0"), node("Tanh", "g0", to="g1"), node("Mul", "h", "g1", to="a")], {}


@pytest.mark.parametrize("kind", ["gelu", "gelu by tanh", "silu", "mish"])
def test_an_activation_of_several_nodes_is_one(kind) -> None:
    between, constants = written_out(kind)
    nodes = [node("MatMul", "x", "w", to="h", name="in"), *between, node("MatMul", "a", "v", name="out")]
    constants |= {"w": R.standard_normal((4, 5)), "v": R.standard_normal((5, 2))}
    model = message(nodes, (4,), constants)
    found = ms.polynomialize(model, rows(80, 4), degrees=3)
    assert len(found.report.layers) == 1 and found.fit.status is ms.Status.CERTIFIED
    kinds = [each.op_type for each in found.model.graph.node]
    assert not {"Erf", "Tanh", "Sigmoid", "Softplus", "Pow"} & {*kinds}


def test_products_of_affine_branches_stay_products() -> None:
    nodes = [
        node("MatMul", "x", "w", to="h"),
        node("MatMul", "x", "u", to="g"),
        node("Mul", "h", "g", to="s"),
        node("Tanh", "h", to="t"),
        node("Concat", "s", "t", to="a", axis=1),
        node("MatMul", "a", "v"),
    ]
    model = message(
        nodes, (4,), {name: R.standard_normal(shape) for name, shape in {"w": (4, 3), "u": (4, 3), "v": (6, 2)}.items()}
    )
    found = ms.polynomialize(model, rows(80, 4), degrees=3)
    assert [layer.title for layer in found.report.layers] == ["Tanh"]
