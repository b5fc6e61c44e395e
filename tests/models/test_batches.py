"""Samples in batches are the same samples: loaders of torch, generators, lists that are no batches."""

from __future__ import annotations

import numpy as np
import pytest

import momentsos as ms
from momentsos.models.batches import are_batches, joined

torch = pytest.importorskip("torch")


def module():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.Tanh(), torch.nn.Linear(6, 3)).double().eval()


def loader(X, *others, size=32):
    tensors = [torch.tensor(each) for each in (X, *others)]
    return torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*tensors), batch_size=size)


def samples(count=150, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((count, 4)), rng.integers(0, 3, count)


def test_a_loader_gives_the_fit_of_the_array() -> None:
    X, _ = samples()
    whole = ms.polynomialize(module(), X, degrees=3, holdout=0)
    for given in (loader(X), (batch for batch in np.split(X, 3))):
        pieces = ms.polynomialize(module(), given, degrees=3, holdout=0)
        assert pieces.fit.status is ms.Status.CERTIFIED
        assert pieces.fit.upper_bound == whole.fit.upper_bound
        assert np.array_equal(pieces.fit.coefficients[0], whole.fit.coefficients[0])


def test_labels_of_a_loader_are_what_scores_are_of_and_are_not_fitted() -> None:
    X, labels = samples()
    held = samples(60, seed=1)
    found = ms.polynomialize(module(), loader(X, labels), degrees=2, holdout=loader(*held))
    apart = ms.polynomialize(module(), X, degrees=2, truth=labels, holdout=(held[0], None, held[1]))
    assert found.report.target == "outputs"
    assert found.report.held_out_samples == 60
    assert [each.accuracy for each in found.report.held_out] == [each.accuracy for each in apart.report.held_out]
    assert found.fit.upper_bound == apart.fit.upper_bound


def test_arrays_tensors_and_lists_are_no_batches() -> None:
    X, _ = samples()
    assert not any(map(are_batches, (X, torch.tensor(X), X.tolist(), [X, X], 0.25, None, "text")))
    assert are_batches(loader(X)) and are_batches(iter([X]))


@pytest.mark.parametrize(
    "batches",
    [
        [],
        [{"inputs": np.ones((3, 4))}],
        [np.ones((3, 4)), np.ones((3, 5))],
        [np.ones((3, 4)), (np.ones((3, 4)), np.ones(3))],
        [(np.ones((3, 4)), np.ones(3), np.ones(3))],
        [(np.ones((3, 4)), np.ones(2))],
    ],
    ids=["none", "dictionaries", "shapes", "mixed", "three parts", "rows"],
)
def test_batches_that_do_not_fit_are_refused(batches) -> None:
    with pytest.raises(ms.InvalidInput, match=r"^X: "):
        joined(iter(batches))
