"""The benchmark of one ReLU: what a row holds, and its tables."""

from __future__ import annotations

from benchmarks import queries


def test_rows_and_tables_of_both_parts(monkeypatch) -> None:
    monkeypatch.setattr(queries, "POOL", 20)
    monkeypatch.setattr(queries, "LABELS", (4, 6))
    monkeypatch.setattr(queries, "STARTS", 20)
    fits = [queries._fitted(kind, 12, 1, seed) for kind in queries.TARGETS for seed in range(2)]
    assert all(row["status"] == "CERTIFIED" and row["lower"] <= row["upper"] for row in fits)
    assert all(row["local_best"] >= row["lower"] - 1e-12 for row in fits)
    asked = [queries._asked(kind, 1, 0) for kind in queries.POOLS]
    assert all(row["asked 6"] >= -1e-12 and len(row["drawn 6"]) == queries.DRAWS for row in asked)
    fitted, labelled = queries._fits_text(fits).splitlines(), queries._asked_text(asked).splitlines()
    assert [line.startswith("|") for line in fitted].count(True) == 2 + len(queries.TARGETS)
    assert [line.startswith("|") for line in labelled].count(True) == 2 + 2 * len(queries.POOLS)
