"""Files are data: what cannot be taken is refused in one line that names the node, and nothing in a file is run."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from messages import helper, message, node, onnx, perceptron, rows

import momentsos as ms

torch = pytest.importorskip("torch")


def between(*nodes, **constants):
    """Return a model with these nodes, from h to a, between two layers."""
    random = np.random.default_rng(0)
    whole = [node("MatMul", "x", "w", to="h"), *nodes, node("MatMul", "a", "v")]
    known = {"w": random.standard_normal((4, 6)), "v": random.standard_normal((6, 2)), **constants}
    return message(whole, (4,), known)


REFUSED = {
    "an operator that is not there": (lambda: between(node("Hardmax", "h", to="a", name="odd")), "'odd'"),
    "a softmax": (lambda: between(node("Softmax", "h", to="a", name="soft")), "'soft' .Softmax.*before it"),
    "max pooling": (
        lambda: message([node("MaxPool", "x", name="most", kernel_shape=[2, 2])], (1, 4, 4)),
        "'most'.*average pooling",
    ),
    "a node without a name": (lambda: between(node("TopK", "h", "h", to="a")), "node 'number 1' .TopK."),
    "layer normalisation": (lambda: between(node("LayerNormalization", "h", "s", to="a"), s=np.ones(6)), "BatchNorm"),
    "a shape that does not match": (
        lambda: between(node("Add", "h", "c", to="a", name="total"), c=np.ones(5)),
        "'total'",
    ),
    "slopes of each entry": (
        lambda: between(node("PRelu", "h", "s", to="a", name="slopes"), s=np.linspace(0, 1, 6)),
        "'slopes'",
    ),
    "no activation": (lambda: between(node("Identity", "h", to="a")), "no activation"),
    "an input that is nowhere": (lambda: between(node("Add", "h", "gone", to="a")), "'gone'"),
    "a value that comes twice": (lambda: between(node("Tanh", "h", to="a"), node("Relu", "h", to="a")), "of its own"),
    "a node after it is used": (
        lambda: between(node("Tanh", "g", to="a"), node("Relu", "h", to="g")),
        "'g' is computed by no node before",
    ),
    "another domain": (lambda: between(helper.make_node("Own", ["h"], ["a"], domain="com.own")), "com.own"),
    "training mode": (
        lambda: between(node("BatchNormalization", "h", "s", "s", "s", "s", to="a", training_mode=1), s=np.ones(6)),
        "training mode",
    ),
    "a huge constant": (
        lambda: between(
            node("ConstantOfShape", "n", to="c"), node("Add", "h", "c", to="a"), n=np.array([10**6, 10**6])
        ),
        "entries",
    ),
    "a huge stretch": (lambda: between(node("Expand", "h", "n", to="a"), n=np.array([10**9, 2, 6])), "entries"),
    "attributes of another kind": (
        lambda: message([node("Conv", "x", "k", pads="wide")], (1, 4, 4), {"k": np.ones((1, 1, 2, 2))}),
        "Conv",
    ),
    "a graph inside": (
        lambda: between(helper.make_node("Loop", ["h"], ["a"], body=perceptron().graph)),
        "a graph of its own",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_models_are_refused_in_one_line(case) -> None:
    make, words = REFUSED[case]
    model = make()
    row = [dim.dim_value for dim in model.graph.input[0].type.tensor_type.shape.dim][1:]
    with pytest.raises(ms.InvalidInput, match=words) as told:
        ms.polynomialize(model, rows(20, *row), degrees=2)
    assert len(str(told.value).splitlines()) == 1 and len(str(told.value)) < 500


def test_several_inputs_and_integers_are_refused() -> None:
    two = perceptron()
    two.graph.input.append(helper.make_tensor_value_info("z", onnx.TensorProto.FLOAT, ["samples", 4]))
    whole = perceptron()
    whole.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.INT64
    for model, words in ((two, "2 inputs"), (whole, "floats")):
        with pytest.raises(ms.InvalidInput, match=words):
            ms.polynomialize(model, rows(20, 4))


def test_samples_of_another_shape_are_refused() -> None:
    with pytest.raises(ms.InvalidInput, match=r"input 'x' takes samples of shape \(4\), got \(5,\)"):
        ms.polynomialize(perceptron(), rows(20, 5))


class Trap:
    """Writes a file where it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("name", ["model.pt", "model.pkl", "model.onnx"])
def test_pickles_are_not_loaded(name, tmp_path) -> None:
    (tmp_path / name).write_bytes(pickle.dumps(Trap(tmp_path / "written")))
    with pytest.raises(ms.InvalidInput, match=r"not: load it yourself.*torch\.onnx\.export"):
        ms.polynomialize(tmp_path / name, rows(20, 4))
    torch.save(torch.nn.Linear(4, 2), tmp_path / "module.onnx")
    with pytest.raises(ms.InvalidInput, match="load it yourself"):
        ms.polynomialize(str(tmp_path / "module.onnx"), rows(20, 4))
    assert not (tmp_path / "written").exists()


def test_constants_in_other_files_are_not_opened(tmp_path) -> None:
    onnx.save(perceptron(sizes=(4, 60, 50, 2)), tmp_path / "m.onnx", save_as_external_data=True, size_threshold=0)
    with pytest.raises(ms.InvalidInput, match="in another file, which is not opened"):
        ms.polynomialize(tmp_path / "m.onnx", rows(20, 4))


def test_files_that_are_cut_changed_or_empty_are_refused(tmp_path) -> None:
    whole = perceptron().SerializeToString()
    path, X = tmp_path / "model.onnx", rows(20, 4)
    random = np.random.default_rng(0)
    broken = [b"", b"ONNX", whole[: len(whole) // 2], whole[:-3]]
    for _ in range(150):
        changed = bytearray(whole)
        for place in random.integers(0, len(whole), 3):
            changed[place] = random.integers(0, 256)
        broken.append(bytes(changed))
    refused = 0
    for data in broken:
        path.write_bytes(data)
        try:
            ms.polynomialize(path, X, degrees=1)
        except ms.MomentSOSError as error:
            refused += 1
            assert len(str(error).splitlines()) == 1
    assert refused >= 4


def test_fewer_numbers_than_announced_are_refused() -> None:
    model = perceptron()
    model.graph.initializer[0].dims[0] = 10**12
    with pytest.raises(ms.InvalidInput, match="constant 'w0'"):
        ms.polynomialize(model, rows(20, 4))


def test_a_file_that_is_too_large_is_not_read(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("momentsos.onnx.reading.MOST_BYTES", 100)
    onnx.save(perceptron(), tmp_path / "model.onnx")
    with pytest.raises(ms.InvalidInput, match="more than 100 bytes"):
        ms.polynomialize(tmp_path / "model.onnx", rows(20, 4))


def test_names_of_nodes_are_never_code(tmp_path) -> None:
    model = perceptron()
    trap = f'"); open({str(tmp_path / "written")!r}, "w"); ("'
    for number, each in enumerate(model.graph.node):
        each.name = f"{trap}{number}"
    assert ms.polynomialize(model, rows(40, 4), degrees=2).fit.status is ms.Status.CERTIFIED
    assert not (tmp_path / "written").exists()


def test_other_precisions_and_packages_are_named(tmp_path, monkeypatch) -> None:
    poly = ms.polynomialize(perceptron(), rows(40, 4), degrees=2)
    with pytest.raises(ms.BadOption, match="precision = 'half'"):
        poly.to_onnx(tmp_path / "poly.onnx", "half")
    monkeypatch.setitem(__import__("sys").modules, "momentsos.onnx.model", None)
    with pytest.raises(ms.InvalidInput, match=r"pip install 'momentsos\[onnx\]'"):
        ms.polynomialize(perceptron(), rows(40, 4))
