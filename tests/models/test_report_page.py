"""The report as a page: everything is on it, nothing else is needed, and no name becomes HTML."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest

import momentsos as ms
from momentsos.models.drawing import drawing
from momentsos.models.page import page, part
from momentsos.models.report import Beyond, Layer, ModelReport, Score


def layer(name="hidden 1", polynomial=None, held_out=True, size=1.0) -> Layer:
    grid = np.linspace(-2.2, 2.2, 129)
    inside = np.abs(grid[:-1]) < 1.9
    own = grid - 0.2 * grid**3 if polynomial is None else polynomial
    beyond = Beyond(-1.8, 2.1, 3, 400, 1.2, 0.97) if held_out else None
    return Layer(
        name, "Tanh", 3, 8, -2.0, 2.0, beyond, np.array([0, 1, 0, -0.2]), np.ones(4), 16, 0.01 * size,
        grid, np.tanh(grid), own, inside / inside.sum(),
    )  # fmt: skip


def report(**changed) -> ModelReport:
    names = ("original", "interval", "least squares", "ours")
    scores = tuple(Score(name, 0.9 + k / 100, 0.8, 0.95, 0.1 / (k + 1), 3.0) for k, name in enumerate(names))
    own = ModelReport(
        "torch", "outputs", 300, 100, scores, scores, (layer(), layer("hidden 2", size=4.0)), "CERTIFIED",
        (0.024, 0.025), "The bounds meet.", ("one", "two"), "No penalty.", "Degrees by cross-validation.", 4, 9, 7, 1.5,
    )  # fmt: skip
    return replace(own, **changed)


class Words(HTMLParser):
    """Collects tags, attributes and text, and checks that tags are closed."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.attributes, self.text = [], [], [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes

    def handle_data(self, data):
        self.text.append(data)


def parsed(text) -> Words:
    words = Words()
    words.feed(text)
    words.close()
    assert not words.open
    return words


def test_scores_costs_and_status_are_on_the_page() -> None:
    words = parsed(page(report()))
    text = " ".join(words.text)
    for wanted in ("CERTIFIED", "The bounds meet.", "interval fit", "least squares", "0.9300", "On held-out data, 100"):
        assert wanted in text
    for wanted in ("On training data, 300", "multiplicative depth", "No penalty.", "Degrees by cross-validation."):
        assert wanted in text
    assert words.tags.count("svg") == 2 and "3 of 400 leave the range" in text
    assert text.index("hidden 2 ", text.index("What each layer costs")) < text.rindex("hidden 1 ")  # the costly first


def test_the_page_needs_nothing_else() -> None:
    words = parsed(page(report()))
    assert not {"script", "link", "img", "iframe", "object"} & {*words.tags}
    assert not {"src", "href", "onload"} & {name for name, _ in words.attributes}
    assert "url(" not in page(report()) and "@import" not in page(report())
    assert ("name", "viewport") in words.attributes


def test_names_are_never_html() -> None:
    trap = '<script>alert("&")</script>'
    told = report(layers=(layer(trap),), message=trap, steps=(trap, trap), status="BOUNDED", kind=trap)
    assert "script" not in parsed(page(told)).tags
    assert "".join(parsed(page(told)).text).count(trap) >= 5


def test_what_is_not_there_is_left_out() -> None:
    scores = tuple(replace(each, accuracy=None, agreement=None) for each in report().training)
    told = report(held_out=(), held_out_samples=0, training=scores, layers=(layer(held_out=False),), bounds=(None, 1.0))
    text = " ".join(parsed(page(told)).text)
    assert "On held-out data" not in text and "accuracy" not in text and "between none and 1" in text


@pytest.mark.parametrize("kind", ["steep", "constant", "infinite", "far"])
def test_curves_stay_in_the_drawing(kind) -> None:
    grid = np.linspace(-2.2, 2.2, 129)
    values = {
        "steep": 100.0 * grid**3,
        "constant": np.zeros(129),
        "infinite": np.where(grid > 1.0, np.inf, grid),
        "far": np.full(129, 1e300),
    }[kind]
    root = ElementTree.fromstring(drawing(layer(polynomial=values)))
    for path in root.iter("path"):
        numbers = [float(each) for each in re.findall(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?", path.get("d") or "")]
        assert all(-10.0 <= each <= 480.0 for each in numbers)
    assert "nan" not in drawing(layer(polynomial=values)) and "inf" not in drawing(layer(polynomial=values))


def test_the_file_is_whole_and_notebooks_show_the_same(tmp_path) -> None:
    told = report()
    told.to_html(tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == page(told)
    assert told._repr_html_() == part(told) and part(told) in page(told)
    with pytest.raises(ms.InvalidInput, match="cannot write"):
        told.to_html(tmp_path / "no" / "report.html")
