"""ONNX in and out: files are read, polynomials are written, and other programs compute the same."""

from __future__ import annotations

import copy
import json
import pickle

import numpy as np
import pytest
from messages import convolutional, message, node, onnx, perceptron, reference, rows, run

import momentsos as ms
from momentsos.cli.main import main

torch = pytest.importorskip("torch")
graph = pytest.importorskip("momentsos.onnx.graph")
nn = torch.nn


def own_outputs(model, X):
    """Return the outputs of a message in double precision, as it is read here."""
    with torch.no_grad():
        return graph.read(model).module(torch.from_numpy(X)).numpy()


def close(one, other, tolerance):
    return np.abs(one - other).max() <= tolerance * np.abs(other).max()


CASES = {
    "perceptron": (lambda kind: perceptron(kind=kind), (4,), [3, 2]),
    "convolutional": (lambda kind: convolutional(kind), (1, 8, 8), [2, 3]),
}


@pytest.fixture(scope="module")
def found():
    """Return what is found for each case and kind of floats, once."""
    known = {}

    def of(case, kind):
        if (case, kind) not in known:
            make, row, degrees = CASES[case]
            model, X = make(kind), rows(120, *row)
            known[case, kind] = model, X, ms.polynomialize(model, X, degrees=degrees)
        return known[case, kind]

    return of


@pytest.mark.parametrize("case", CASES)
def test_a_message_is_read_as_onnxruntime_runs_it(case) -> None:
    make, row, _ = CASES[case]
    X = rows(20, *row)
    assert close(own_outputs(make(np.float32), X), run(make(np.float32), X), 1e-5)
    assert close(
        own_outputs(make(np.float64), X), reference(make(np.float64), X), 1e-6
    )  # its Erf is of single precision


def same_module(model, case):
    """Return the case as a module, with the weights of a message."""
    own = {each.name: torch.from_numpy(onnx.numpy_helper.to_array(each).copy()) for each in model.graph.initializer}
    if case == "perceptron":
        module = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 2)).double()
        filled = {f"{2 * k}.{to}": own[f"{of}{k}"] for k in range(3) for to, of in (("weight", "w"), ("bias", "b"))}
    else:
        normal, pool, mean = nn.BatchNorm2d(3), nn.AvgPool2d(2), nn.AdaptiveAvgPool2d(1)
        first, second = nn.Conv2d(1, 3, 3, padding=1), nn.Conv2d(3, 4, 2, stride=2)
        parts = [first, normal, nn.GELU(), pool, second, nn.Tanh(), mean, nn.Flatten(), nn.Linear(4, 3)]
        module = nn.Sequential(*parts).double()
        names = ["k0", "c0", "scale", "shift", "mean", "variance", "steps", "k1", "c1", "w", "b"]
        filled = dict(zip(module.state_dict(), [own.get(name, torch.tensor(1)) for name in names], strict=True))
    module.load_state_dict(filled)
    return module.eval()


@pytest.mark.parametrize("case", CASES)
def test_it_is_what_the_same_module_gives(case, found) -> None:
    model, X, poly = found(case, np.float64)
    module = ms.polynomialize(same_module(model, case), X, degrees=CASES[case][2])
    assert poly.fit.status is ms.Status.CERTIFIED and poly.report.kind == "onnx"
    assert poly.fit.upper_bound == pytest.approx(module.fit.upper_bound, rel=1e-9)
    assert poly.report.score("ours").loss == pytest.approx(module.report.score("ours").loss, rel=1e-9)


@pytest.mark.parametrize("fold", [False, True], ids=["plain", "folded"])
@pytest.mark.parametrize("case", CASES)
def test_files_in_double_precision_agree_to_twelve_digits(case, fold, found, tmp_path) -> None:
    model, X, poly = found(case, np.float64)
    poly.to_onnx(tmp_path / "poly.onnx", fold=fold)
    onnx.checker.check_model(str(tmp_path / "poly.onnx"), full_check=True)
    wanted = own_outputs(poly.model, X)
    assert close(run(tmp_path / "poly.onnx", X), wanted, 1e-12)
    assert close(run(tmp_path / "poly.onnx", X[:1]), wanted[:1], 1e-12)
    series = next(ms.models.model_of(model, X).passes(X, poly.series)).outputs
    assert close(wanted, series, 1e-12)  # the coefficients of the fit are all there


@pytest.mark.parametrize("fold", [False, True], ids=["plain", "folded"])
@pytest.mark.parametrize("case", CASES)
def test_files_in_single_precision_agree_to_five_digits(case, fold, found, tmp_path) -> None:
    _, X, poly = found(case, np.float32)
    poly.to_onnx(tmp_path / "poly.onnx", "single", fold=fold)
    assert close(run(tmp_path / "poly.onnx", X), own_outputs(poly.model, X), 1e-5)
    poly.to_onnx(tmp_path / "wide.onnx", fold=fold)
    assert close(run(tmp_path / "wide.onnx", X), own_outputs(poly.fold() if fold else poly.model, X), 1e-12)


def test_folded_quadratics_are_bare_squares(found) -> None:
    model, _, poly = found("convolutional", np.float64)
    squares = [each for each in poly.fold().graph.node if each.op_type == "Mul" and each.input[0] == each.input[1]]
    assert poly.report.folded_levels <= poly.report.levels
    _, X, chain = found("perceptron", np.float64)
    squares = [each for each in chain.fold().graph.node if each.op_type == "Mul" and each.input[0] == each.input[1]]
    assert len(squares) == 1 and chain.report.folded_levels == chain.report.levels - 1
    assert close(own_outputs(chain.fold(), X), own_outputs(chain.model, X), 1e-12)
    assert model.graph.node[0].op_type == "Conv"


def test_what_was_given_is_not_changed_and_names_stay(found) -> None:
    model, _, poly = found("perceptron", np.float32)
    assert model.SerializeToString() == perceptron().SerializeToString()
    assert [each.name for each in poly.model.graph.input] == ["x"]
    assert [each.name for each in poly.model.graph.output] == ["y"]
    kept = {each.name for each in poly.model.graph.node}
    assert {"layer/0", "layer/1", "layer/2"} <= kept and "activation/0" not in kept
    assert [layer.name for layer in poly.report.layers] == ["activation_0", "activation_1"]


def test_a_polynomial_model_copies_and_pickles(found) -> None:
    _, X, poly = found("perceptron", np.float32)
    again = pickle.loads(pickle.dumps(poly))
    assert again == poly and copy.deepcopy(poly) == poly
    assert close(run(again.model, X), run(poly.model, X), 1e-12)


def modules():
    from modules import branches, chain

    torch.manual_seed(0)
    plain = nn.Sequential(
        nn.Conv1d(2, 3, 3, stride=2),
        nn.SiLU(),
        nn.AvgPool1d(2),
        nn.Flatten(),
        nn.Linear(9, 4),
        nn.ELU(),
        nn.Linear(4, 2),
    )
    return {
        "chain": (chain(), (4,), [2, 3]),
        "branches": (branches(), (1, 8, 8), [3, 1, 2]),
        "one axis": (plain.eval(), (2, 14), [3, 2]),
    }


@pytest.mark.slow  # the exporter of torch takes seconds
@pytest.mark.parametrize("case", ["chain", "branches", "one axis"])
def test_modules_of_torch_are_written(case, tmp_path) -> None:
    module, row, degrees = modules()[case]
    X = rows(100, *row)
    poly = ms.polynomialize(module, X, degrees=degrees, widen=1e-2)
    with torch.no_grad():
        wanted = copy.deepcopy(poly.model).double()(torch.from_numpy(X)).numpy()
    for fold in (False, True):
        poly.to_onnx(tmp_path / "poly.onnx", fold=fold)
        # what folding moves into weights of single precision is rounded there
        tolerance = 1e-12 if not fold or next(module.parameters()).dtype is torch.float64 else 1e-5
        assert close(run(tmp_path / "poly.onnx", X), wanted, tolerance)
        poly.to_onnx(tmp_path / "single.onnx", "single", fold=fold)
        assert close(run(tmp_path / "single.onnx", X), wanted, 1e-5)


@pytest.mark.slow
def test_a_file_that_torch_wrote_comes_back(tmp_path) -> None:
    module, row, degrees = modules()["one axis"]
    X = rows(100, *row)
    poly = ms.polynomialize(module, X, degrees=degrees, widen=0)
    exporting = pytest.importorskip("momentsos.onnx.exporting")
    exporting.write(module, row, tmp_path / "module.onnx", "single")
    again = ms.polynomialize(tmp_path / "module.onnx", X, degrees=degrees, widen=0)
    assert again.fit.upper_bound == pytest.approx(poly.fit.upper_bound, rel=1e-4)
    assert len(again.report.layers) == len(poly.report.layers)


@pytest.mark.slow
def test_perceptrons_of_scikit_learn_are_written(tmp_path) -> None:
    networks = pytest.importorskip("sklearn.neural_network")
    pipelines = pytest.importorskip("sklearn.pipeline")
    scaling = pytest.importorskip("sklearn.preprocessing")
    X = rows(80, 3)
    fitted = networks.MLPRegressor(hidden_layer_sizes=(5,), activation="tanh", random_state=0, tol=1.0)
    fitted.fit(X, X.sum(axis=1))
    poly = ms.polynomialize(fitted, X, degrees=3)
    poly.to_onnx(tmp_path / "poly.onnx")
    assert close(run(tmp_path / "poly.onnx", X)[:, 0], poly.model.predict(X), 1e-12)
    piped = pipelines.make_pipeline(
        scaling.StandardScaler(), networks.MLPRegressor(hidden_layer_sizes=(5,), random_state=0, tol=1.0)
    )
    piped.fit(X, X.sum(axis=1))
    with pytest.raises(ms.InvalidInput, match="steps before the perceptron"):
        ms.polynomialize(piped, X, degrees=2).to_onnx(tmp_path / "piped.onnx")


def test_a_graph_for_one_sample_takes_many() -> None:
    nodes = [
        node("Reshape", "x", "flat", to="h"),
        node("Gemm", "h", "w", to="g", transB=1),
        node("Tanh", "g", to="a"),
        node("Gemm", "a", "v", transB=1),
    ]
    random = np.random.default_rng(0)
    constants = {"flat": np.array([1, 6]), "w": random.standard_normal((4, 6)), "v": random.standard_normal((2, 4))}
    fixed, free = (message(nodes, (2, 3), constants, batch=batch) for batch in (1, "samples"))
    X = rows(60, 2, 3)
    assert ms.polynomialize(fixed, X).fit.status is ms.Status.CERTIFIED
    with pytest.raises(ms.InvalidInput, match="Reshape"):
        ms.polynomialize(free, X)


def test_the_command_reads_and_writes_files(tmp_path, capsys) -> None:
    model, X = perceptron(), rows(80, 4)
    onnx.save(model, tmp_path / "model.onnx")
    np.savez(tmp_path / "data.npz", X=X, Y=(own_outputs(model, X).argmax(axis=1)))
    given = [str(tmp_path / name) for name in ("model.onnx", "data.npz")]
    out, page, certificate = (str(tmp_path / name) for name in ("poly.onnx", "report.html", "certificate.json"))
    command = ["polynomialize", *given, "--degrees", "3", "2", "--labels", "--json", "--out", out, "--report", page]
    assert main([*command, "--certificate", certificate]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["status"] == "CERTIFIED" and told["report"]["held_out"][0]["accuracy"] == 1.0
    assert len(told["coefficients"]) == 2 and told["certificate"] == certificate
    assert "<svg" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert run(out, X).shape == (80, 2) and main(["verify", certificate]) == 0
    assert main(["polynomialize", *given, "--degrees", "2", "--report", str(tmp_path / "report.json")]) == 0
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["target"] == "Y"


def test_the_command_refuses_in_one_line(tmp_path, capsys) -> None:
    onnx.save(perceptron(), tmp_path / "model.onnx")
    np.savez(tmp_path / "data.npz", X=rows(20, 4))
    np.savez(tmp_path / "other.npz", Z=rows(20, 4))
    model, data, other = (str(tmp_path / name) for name in ("model.onnx", "data.npz", "other.npz"))
    wrong = [
        ([model, data, "--degrees", "x"], "--degrees"),
        ([model, data, "--degrees", "2", "2", "2"], "expected 2"),
        ([model, data, "--labels"], "lacks Y"),
        ([model, other], "lacks X"),
        ([data, data], "no ONNX file"),
        ([model, data, "--out", str(tmp_path / "no" / "poly.onnx")], "--out"),
        ([model, data, "--out", str(tmp_path / "poly.pt")], ".onnx"),
        ([model, data, "--report", str(tmp_path / "report.pdf")], ".html"),
        ([model, data, "--precision", "half"], "--precision"),
        ([str(tmp_path / "absent.onnx"), data], "cannot read"),
    ]
    for arguments, words in wrong:
        assert main(["polynomialize", *arguments]) == 2, arguments
        told = capsys.readouterr().err.strip()
        assert words in told and len(told.splitlines()) == 1, told
