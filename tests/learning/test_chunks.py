"""Data in pieces have the sums of data in memory, wherever these are taken."""

from __future__ import annotations

import os
import pickle
import signal
from pathlib import Path

import dask.array as da
import numpy as np
import pytest
from dask import delayed

import momentsos as ms
from momentsos.learning import sources
from momentsos.learning.chunked import ChunkedData, tree_sum
from momentsos.learning.expansion import Expansion
from momentsos.learning.sources import source_of

SAMPLES, CHUNK = 900, 130


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(7)
    W = [rng.standard_normal((4, 4)) / 2 for _ in range(3)]
    X = rng.standard_normal((SAMPLES, 4))
    teacher = ms.PolynomialNetwork(W, [2, 2]).with_coefficients([[1.0, 0.5, -0.3], [0.2, 1.0, -0.3]])
    Y = teacher.predict(X) + 0.1 * rng.standard_normal((SAMPLES, 4))
    return ms.PolynomialNetwork(W, [2, 2]), X, Y, rng.random(SAMPLES)


def cut(*arrays):
    return [tuple(a[i : i + CHUNK] for a in arrays) for i in range(0, SAMPLES, CHUNK)]


def agree(one, other, bound=1e-12):
    """Whether upper bounds, and the bounds below them, are the same up to rounding of the sums."""
    return one.status is other.status and abs(one.upper_bound / other.upper_bound - 1.0) < bound


def gram(R):
    """What a triangular factor is up to signs of rows, its columns of length one."""
    lengths = np.linalg.norm(R, axis=0)
    lengths[lengths == 0.0] = 1.0  # products of constants that do not occur
    return (R.T @ R) / np.outer(lengths, lengths)


@pytest.mark.parametrize("weighted", [False, True])
def test_sums_over_chunks_are_those_in_memory(data, weighted) -> None:
    network, X, Y, w = data
    weights = w if weighted else None
    chunked = ChunkedData.of(source_of(cut(X, Y, w) if weighted else cut(X, Y), None, None), network, None, np.inf)
    plan = Expansion.of(network)
    one, other = plan.triangular_factor(X, Y, weights), chunked.triangular_factor(plan)
    assert np.abs(gram(one) - gram(other)).max() < 1e-12
    assert np.allclose(np.linalg.norm(one, axis=0), np.linalg.norm(other, axis=0), rtol=1e-12, atol=0)
    means, sizes = plan.mean_outputs(X, weights), np.abs(plan.outputs(X)).mean(axis=1)
    assert (np.abs(means - chunked.mean_outputs(plan)) <= 1e-12 * sizes).all()
    survey = chunked.survey
    assert survey.samples == SAMPLES and len(survey.X) == len(survey.Y) <= 1_000
    assert survey.variance == pytest.approx(
        np.average((Y - np.average(Y, axis=0, weights=weights)) ** 2, axis=0, weights=weights).mean(), rel=1e-12
    )


def test_learning_from_chunks_is_learning_from_arrays(data) -> None:
    network, X, Y, _ = data
    whole, pieces = ms.learn(network, X, Y), ms.learn(network, cut(X, Y))
    assert whole.status is ms.Status.CERTIFIED and agree(whole, pieces) and pieces.message == whole.message
    assert np.allclose(pieces.network.predict(X), whole.network.predict(X), rtol=1e-6, atol=1e-6)


def test_mean_residuals_of_chunks_are_those_of_arrays(data) -> None:
    network, X, Y, _ = data
    lines = ms.PolynomialNetwork(network.weights, [1, 1])  # with more coefficients than outputs it is zero
    whole, pieces = (ms.learn(lines, *given, loss="mean_residual") for given in ((X, Y), (cut(X, Y),)))
    assert whole.status is ms.Status.CERTIFIED and agree(whole, pieces, 1e-6)  # the tolerance of both
    assert pieces.message == whole.message


def test_weights_and_penalties_are_those_of_arrays(data) -> None:
    network, X, Y, w = data
    whole = ms.learn(network, X, Y, sample_weight=w, ridge=1e-2)
    assert agree(whole, ms.learn(network, lambda: iter(cut(X, Y, w)), ridge=1e-2))


def test_memory_maps_are_read_in_pieces(data, tmp_path, monkeypatch) -> None:
    network, X, Y, w = data
    maps = []
    for name, values in (("X", X), ("Y", Y)):
        np.save(tmp_path / f"{name}.npy", values)
        maps.append(np.load(tmp_path / f"{name}.npy", mmap_mode="r"))
    assert source_of(*maps, None) is None  # small ones are read as a whole
    monkeypatch.setattr(sources, "READ", 0)
    monkeypatch.setattr(sources, "PIECE", 64 * CHUNK)
    assert len(list(source_of(*maps, None).pieces(None))) == 7
    assert agree(ms.learn(network, X, Y), ms.learn(network, *maps))
    assert agree(ms.learn(network, X, Y, sample_weight=w), ms.learn(network, *maps, sample_weight=w))


def test_arrays_of_dask_are_read_block_by_block(data) -> None:
    network, X, Y, w = data
    blocks = da.from_array(X, chunks=(200, 2)), da.from_array(Y, chunks=(300, 4))
    assert agree(ms.learn(network, X, Y), ms.learn(network, *blocks))
    assert agree(ms.learn(network, X, Y, sample_weight=w), ms.learn(network, *blocks, sample_weight=w))


def test_loaders_of_torch_are_chunks(data) -> None:
    torch = pytest.importorskip("torch")
    from torch.utils.data import DataLoader, TensorDataset

    network, X, Y, _ = data
    shuffled = DataLoader(
        TensorDataset(torch.as_tensor(X), torch.as_tensor(Y)),
        batch_size=CHUNK,
        shuffle=True,
        generator=torch.Generator().manual_seed(0),
    )
    assert agree(ms.learn(network, X, Y), ms.learn(network, shuffled))
    classes = np.arange(SAMPLES) % 4
    labelled = DataLoader(TensorDataset(torch.as_tensor(X), torch.as_tensor(classes)), batch_size=CHUNK)
    assert agree(ms.learn(network, X, classes), ms.learn(network, labelled))


def test_chunks_of_weight_zero_do_not_count(data) -> None:
    network, X, Y, w = data
    w = np.where(np.arange(SAMPLES) < CHUNK, 0.0, w)
    assert agree(ms.learn(network, X, Y, sample_weight=w), ms.learn(network, cut(X, Y, w)))
    lines = ms.PolynomialNetwork(network.weights, [1, 1])
    means = ms.learn(lines, X, Y, loss="mean_residual", sample_weight=w)
    assert agree(means, ms.learn(lines, cut(X, Y, w), loss="mean_residual"), 1e-6)


def test_a_tree_adds_in_order() -> None:
    for count in range(1, 20):
        assert tree_sum((str(i) for i in range(count)), lambda a, b: a + b) == "".join(map(str, range(count)))
    assert tree_sum([], max) is None


def test_what_makes_no_sense_is_refused_with_the_number_of_the_chunk(data) -> None:
    network, X, Y, w = data
    good, unknown = cut(X, Y), da.from_array(X)[da.from_array(w) > 0.5]
    nan = np.where(np.arange(4) == 2, np.nan, X[:CHUNK])
    for given, word in (
        ((X,), "Y is missing"),
        ((3,), "Y is missing"),
        ((iter(good),), "read once"),
        (([],), "no chunks"),
        (([*good, 3],), "among the chunks"),
        (([*good, (X,)],), "among the chunks"),
        (([good[0], (X[:, :2], Y)],), "chunk 1: X has shape"),
        (([good[0], (X, Y[:9])],), "chunk 1: X has 900 rows"),
        (([good[0], (nan, Y[:CHUNK])],), "chunk 1: X holds"),
        (([(X, np.full(SAMPLES, 4))],), "class 4"),
        (([(X, Y, w[:3])],), "weights of shape"),
        (([(X, Y, 0 * w)],), "all are zero"),
        ((lambda: 1 / 0,), "ZeroDivisionError"),
        ((unknown, da.from_array(Y)), "compute_chunk_sizes"),
        ((da.from_array(X), da.from_array(Y[:9])), "one row a sample"),
        ((da.from_array(X),), "Y: expected an array of dask"),
    ):
        with pytest.raises(ms.InvalidInput, match=word) as caught:
            ms.learn(network, *given)
        assert "\n" not in str(caught.value)
    with pytest.raises(ms.InvalidInput, match="in these"):
        ms.learn(network, good, sample_weight=w)
    with pytest.raises(ms.BadOption, match="in memory"):
        ms.learn(network, good, loss="mae")
    with pytest.raises(ms.BadOption, match="client"):
        ms.learn(network, good, client=3)
    own = ms.PolynomialNetwork(
        network.weights, activations=[ms.Activation(2, basis="chebyshev", interval="data"), ms.Activation(2)]
    )
    with pytest.raises(ms.InvalidInput, match="interval"):
        ms.learn(own, good)


def test_the_time_limit_ends_between_chunks(data) -> None:
    network, X, Y, _ = data

    def endless():
        while True:
            yield X, Y

    with pytest.raises(ms.ProblemTooLarge, match="chunks"):
        ms.learn(network, endless, time_limit=0.2)


def test_errors_that_travelled_are_equal_where_dask_has_changed_how_they_do() -> None:
    import distributed  # noqa: F401  # its tracebacks travel too

    error = ms.ProblemTooLarge("one line", 3, 2)
    assert pickle.loads(pickle.dumps(error)) == error != ms.ProblemTooLarge("one line", 3, 1)


@pytest.fixture(scope="module")
def client():
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        Client(cluster) as own,
    ):
        yield own


@pytest.mark.slow
def test_two_processes_sum_up_what_one_does(data, client) -> None:
    network, X, Y, w = data
    blocks = da.from_array(X, chunks=(CHUNK, 4)), da.from_array(Y, chunks=(CHUNK, 4))
    plan, own = Expansion.of(network), ChunkedData.of(source_of(*blocks, None), network, client, np.inf)
    one, other = plan.triangular_factor(X, Y), own.triangular_factor(plan)
    assert np.abs(gram(one) - gram(other)).max() < 1e-12
    whole = ms.learn(network, X, Y)
    assert agree(whole, ms.learn(network, *blocks, client=client))
    assert agree(whole, ms.learn(network, cut(X, Y), client=client))
    assert agree(whole, ms.learn(network, X, Y, client=client, time_limit=60))
    assert agree(ms.learn(network, X, Y, sample_weight=w), ms.learn(network, cut(X, Y, w), client=client))
    with pytest.raises(ms.InvalidInput, match="chunk 1: X has shape"):
        ms.learn(network, [(X, Y), (X[:, :2], Y)], client=client)


def block(rows, killed: Path):
    """Return a block of data; the first who asks for it loses its process."""
    if not killed.exists():
        killed.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return rows


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_costs_a_retry_and_nothing_else(data, client, tmp_path) -> None:
    network, X, Y, _ = data
    rows = [da.from_array(X[i : i + CHUNK]) for i in range(0, SAMPLES, CHUNK)]
    deadly = delayed(block)(X[3 * CHUNK : 4 * CHUNK], tmp_path / "killed")
    rows[3] = da.from_delayed(deadly, (CHUNK, 4), float)
    fit = ms.learn(network, da.concatenate(rows), da.from_array(Y, chunks=(CHUNK, 4)), client=client)
    assert (tmp_path / "killed").exists() and agree(ms.learn(network, X, Y), fit)


def last_block():
    """End the process of whoever asks for it."""
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
def test_a_piece_that_ends_every_worker_is_given_up(data, client) -> None:
    network, X, Y, _ = data
    rows = [da.from_array(X[:-CHUNK]), da.from_delayed(delayed(last_block)(), (CHUNK, 4), float)]
    with pytest.raises(ms.SolverFailed, match="workers ended again and again"):
        ms.learn(network, da.concatenate(rows), da.from_array(Y), client=client)
