"""The report of a model as HTML: a page of its own that needs nothing else, and the part of it that notebooks show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from .drawing import drawing
from .report import Layer, ModelReport, Score

_TITLES = {
    "original": ("original", "the model as it was trained"),
    "interval": ("interval fit", "each activation on the interval of its inputs"),
    "least squares": ("least squares", "each activation on its actual inputs"),
    "ours": ("momentsos", "all activations together"),
}
_STYLE = """
.ms-report{--ink:#1c2733;--soft:#5b6875;--line:#dbe1e7;--back:#fff;--pale:#f4f6f8;--ours:#1f5fbf;--was:#c2571a;
--held:#7a4fb0;--fill:#cfdbe8;color:var(--ink);background:var(--back);font:15px/1.5 system-ui,sans-serif;
max-width:62rem;margin:0 auto;padding:1rem;box-sizing:border-box}
.ms-report *{box-sizing:border-box}
.ms-report h1{font-size:1.5rem;line-height:1.25;margin:.2rem 0 .6rem}
.ms-report h2{font-size:1.15rem;margin:1.8rem 0 .5rem}
.ms-report h3{font-size:1rem;margin:0 0 .3rem;overflow-wrap:anywhere}
.ms-report p{margin:.4rem 0}
.ms-report .soft{color:var(--soft)}
.ms-report .status{display:inline-block;border-radius:.3rem;padding:.1rem .6rem;font-weight:600;color:#fff;
background:var(--soft)}
.ms-report .status.proved{background:#1d7a46}
.ms-report .figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.6rem;margin:1rem 0}
.ms-report .figures div{background:var(--pale);border-radius:.4rem;padding:.5rem .7rem}
.ms-report .figures b{display:block;font-size:1.25rem;font-weight:600}
.ms-report .wide{overflow-x:auto}
.ms-report table{border-collapse:collapse;font-variant-numeric:tabular-nums;width:100%;font-size:.93rem;margin:0}
.ms-report th,.ms-report td{padding:.35rem .6rem;border:0;border-bottom:1px solid var(--line);text-align:right;
white-space:nowrap;background:none;color:inherit}
.ms-report th{font-weight:600}
.ms-report th:first-child,.ms-report td:first-child{text-align:left}
.ms-report tr.ours td{font-weight:600;background:#eaf1fb}
.ms-report small{display:block;font-weight:400;color:var(--soft);white-space:normal}
.ms-report .layers{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:1rem}
.ms-report figure{margin:0;border:1px solid var(--line);border-radius:.5rem;padding:.8rem;min-width:0}
.ms-report figcaption{font-size:.9rem;overflow-wrap:anywhere}
.ms-report svg{display:block;width:100%;height:auto}
.ms-report svg text{font:12px system-ui,sans-serif;fill:var(--soft)}
.ms-report svg .label{stroke:var(--back);stroke-width:5px;paint-order:stroke}
.ms-report svg path{fill:none}
.ms-report svg .density{fill:var(--fill)}
.ms-report svg .grid{stroke:var(--line);stroke-width:1;stroke-opacity:.7}
.ms-report svg .original{stroke:var(--was);stroke-width:2;stroke-dasharray:6 4}
.ms-report svg .polynomial{stroke:var(--ours);stroke-width:2.5}
.ms-report svg .range{stroke-width:2;stroke:var(--ours)}
.ms-report svg .range.held-out{stroke:var(--held)}
.ms-report .key{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;font-size:.9rem;margin:.3rem 0 .8rem;padding:0;
list-style:none}
.ms-report .key i{display:inline-block;width:1.6rem;margin-right:.4rem;vertical-align:middle;border-top:3px solid}
.ms-report .bar{display:block;height:.7rem;border-radius:.2rem;background:var(--ours);min-width:2px}
.ms-report td.bars{width:45%;min-width:6rem}
.ms-report code{font:.88em/1.5 ui-monospace,monospace;overflow-wrap:anywhere;white-space:normal}
.ms-report details{margin:.4rem 0}
.ms-report summary{cursor:pointer}
@media (max-width:40rem){.ms-report{padding:.7rem}
.ms-report table{font-size:.8rem}
.ms-report th,.ms-report td{padding:.3rem .3rem}
.ms-report th{white-space:normal}
.ms-report svg text{font-size:17px}
.ms-report td.bars{min-width:3rem;width:20%}
.ms-report figure{padding:.5rem}}
"""


def page(report: ModelReport) -> str:
    """Return a whole page."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Polynomial activations: {escape(report.status)}</title>"
        f"<style>body{{margin:0;background:#fff}}</style></head><body>{part(report)}</body></html>\n"
    )


def part(report: ModelReport) -> str:
    """Return what notebooks show: the page without its head."""
    sections = [
        _head(report),
        _scores("On held-out data", report.held_out, report.held_out_samples, report.status),
        _scores("On training data", report.training, report.samples, report.status),
        _layers(report),
        _costs(report),
        _details(report),
    ]
    return f'<div class="ms-report"><style>{_STYLE}</style>{"".join(sections)}</div>'


def _head(report: ModelReport) -> str:
    ours, original = report.score("ours"), report.score("original")
    proved = " proved" if report.status.startswith("CERTIFIED") else ""
    where = "on held-out data" if report.held_out else "on training data"
    figures = []
    if ours.accuracy is not None and original.accuracy is not None:
        figures.append((f"{ours.accuracy:.4f}", f"accuracy {where}; original {original.accuracy:.4f}"))
    if ours.agreement is not None:
        figures.append((f"{ours.agreement:.4f}", "of samples classified as by the original"))
    if ours.r2 is not None:
        figures.append((f"{ours.r2:.4f}", f"R² {where}"))
    figures.append((str(report.depth), "multiplicative depth"))
    figures.append((str(report.multiplications), "multiplications a sample"))
    figures.append((str(report.folded_levels), f"levels under encryption, {report.levels} without folding"))
    cells = "".join(
        f'<div><b>{escape(value)}</b><span class="soft">{escape(name)}</span></div>' for value, name in figures
    )
    target = "the outputs of the original" if report.target == "outputs" else "the targets that were given"
    low, high = (_number(each, 8) for each in report.bounds)
    return (
        f"<h1>{escape(report.kind)} model with polynomial activations</h1>"
        f'<p><span class="status{proved}">{escape(report.status)}</span> {escape(report.message)}</p>'
        f'<p class="soft">Mean squared difference to {target}, over all coefficients: between {low} and {high}. '
        f"{report.samples} samples were fitted in {report.seconds:.1f} s of processor time.</p>"
        f'<div class="figures">{cells}</div>'
    )


def _scores(title: str, scores: Sequence[Score], samples: int, status: str) -> str:
    if not scores:
        return ""
    columns = [
        ("accuracy", [_share(each.accuracy) for each in scores]),
        ("R²", [_share(each.r2) for each in scores]),
        ("as original", [_share(each.agreement) for each in scores]),
        ("loss", [_number(each.loss) for each in scores]),
        ("largest output", [_number(each.largest) for each in scores]),
    ]
    kept = [(name, values) for name, values in columns if any(values)]
    rows = []
    for k, each in enumerate(scores):
        name, note = _TITLES.get(each.name, (each.name, ""))
        note = f"{note}, {status}" if each.name == "ours" else note
        cells = "".join(f"<td>{values[k]}</td>" for _, values in kept)
        mark = ' class="ours"' if each.name == "ours" else ""
        rows.append(f"<tr{mark}><td>{escape(name)}<small>{escape(note)}</small></td>{cells}</tr>")
    head = "<th></th>" + "".join(f"<th>{name}</th>" for name, _ in kept)
    return f"<h2>{title}, {samples} samples</h2>{_table(head, rows)}"


def _layers(report: ModelReport) -> str:
    key = (
        '<ul class="key"><li><i style="border-color:var(--was);border-top-style:dashed"></i>original</li>'
        '<li><i style="border-color:var(--ours)"></i>polynomial</li>'
        '<li><i style="border-color:var(--fill);border-top-width:10px"></i>inputs in training</li></ul>'
    )
    return f'<h2>Activations</h2>{key}<div class="layers">{"".join(map(_layer, report.layers))}</div>'


def _layer(layer: Layer) -> str:
    facts = [f"Inputs in training from {layer.low:.4g} to {layer.high:.4g}, {layer.units} a sample."]
    seen = layer.held_out
    if seen is not None:
        facts.append(
            f"Held out: from {seen.low:.4g} to {seen.high:.4g}; {seen.outside} of {seen.inputs} leave the range of "
            f"training. The largest value there is {_number(seen.largest)}, of the original {_number(seen.original)}."
        )
    return (
        f"<figure><h3>{escape(layer.name)} <span class='soft'>{escape(layer.title)}, degree {layer.degree}</span></h3>"
        f"{drawing(layer)}<figcaption>{escape(' '.join(facts))}</figcaption></figure>"
    )


def _costs(report: ModelReport) -> str:
    most = max((layer.alone for layer in report.layers if layer.alone < float("inf")), default=0.0) or 1.0
    rows = []
    for layer in sorted(report.layers, key=lambda each: -each.alone):
        width = min(100.0, max(0.0, 100.0 * layer.alone / most))
        rows.append(
            f"<tr><td>{escape(layer.name)}</td><td>{layer.multiplications}</td><td>{_number(layer.alone)}</td>"
            f'<td class="bars"><span class="bar" style="width:{width:.1f}%"></span></td></tr>'
        )
    head = "<th>activation</th><th>multiplications</th><th>loss alone</th><th></th>"
    note = (
        "Loss alone: on the training data, where this activation is a polynomial and all others are the original ones."
    )
    return f'<h2>What each layer costs</h2>{_table(head, rows)}<p class="soft">{note}</p>'


def _details(report: ModelReport) -> str:
    words = [each for each in (report.degrees, report.widening) if each]
    words += report.steps if len(report.steps) > 1 else ()
    paragraphs = "".join(f"<p>{escape(each)}</p>" for each in words)
    rows = "".join(
        f"<p>{escape(layer.name)}<br><code>{_numbers(layer.powers)}</code><br>"
        f"<span class='soft'>Chebyshev on [{layer.low:.6g}, {layer.high:.6g}]</span><br>"
        f"<code>{_numbers(layer.chebyshev)}</code></p>"
        for layer in report.layers
    )
    found = f"<h2>How it was found</h2>{paragraphs}" if words else ""
    return (
        f"{found}<details><summary>Coefficients, of ascending powers and in Chebyshev's basis</summary>{rows}</details>"
    )


def _table(head: str, rows: Iterable[str]) -> str:
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _number(value: float | None, digits: int = 5) -> str:
    return "none" if value is None else f"{value:.{digits}g}"


def _numbers(values: Iterable[float]) -> str:
    return ", ".join(f"{value:.17g}" for value in values)
