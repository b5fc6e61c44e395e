"""The table of small problems says what each package reached, and why where it reached nothing."""

from __future__ import annotations

from benchmarks.cases import SMALL_CASES, catalogue
from benchmarks.peers.environments import PEERS
from benchmarks.peers.side_by_side import render


def row(tool: str, end: str = "answered", **more: object) -> dict[str, object]:
    found = {"case": "a problem", "order": 2, "tool": tool, "end": end, "versions": {tool: "1.0"}}
    return {**found, "seconds": {"solve": 0.25}, "gap": 0.0, "minimisers": 1, **more}


def test_each_package_has_a_cell_and_a_failure_has_its_reason() -> None:
    rows = [
        row("momentsos"),
        row("SOSPy", minimisers=0),
        row("MoMPy", gap=0.1),
        row("Irene", "not installed: no"),
    ]
    text = render(rows, 60.0)
    line = next(line for line in text.splitlines() if line.startswith("| a problem"))
    assert line == ("| a problem | 2 | 0.25 both | 0.25 minimiser, loose bound | not installed: no | 0.25 bound |")
    assert "SOSPy 1.0" in text


def test_the_small_problems_have_an_optimum_of_which_a_share_can_be_taken() -> None:
    assert all(abs(catalogue()[case.name].optimum) > 1e-2 for case in SMALL_CASES)
    assert len({peer.adapter for peer in PEERS}) == len(PEERS)
    assert all(peer.script.exists() for peer in PEERS)
