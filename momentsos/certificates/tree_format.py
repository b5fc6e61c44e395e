"""The format of certificates of trees of boxes, in the kinds of `momentsos.certificates.format`."""

from .format import FORMAT as IDENTITY

NAME, VERSION = "momentsos tree certificate", 1
#: In place of another variable: the bound comes from the factors of the lifted variable.
OWN = 2**15 - 1
_ROWS = [("natural", "natural", "natural", "number")]

#: Rows are kind, two numbers and a multiplier; bounds are two numbers of lifted variables plus one (0 for none), 1 for
#: an upper one, the value, and the other variable where it comes from a product.
FORMAT = {
    **{key: IDENTITY[key] for key in ("format", "version", "digest", "statement", "numbers", "problem")},
    "bound": ["number"],
    "frame": {"shift": ["number"], "width": ["number"]},
    "lifted": [("natural", "natural")],
    "forms": [[("natural", "number")]],
    "nodes": [
        {
            "steps": [
                {
                    "fresh": "natural",
                    "rows": _ROWS,
                    "bounds": [("natural", "natural", "natural", "number", "natural")],
                }
            ],
            "fresh": "natural",
            "rows": _ROWS,
            "split": {"variables": ["natural"], "values": ["number"], "equality": ["natural"]},
        }
    ],
    "point": ["number"],
    "directions": [["number"]],
}
MAXIMIZED = FORMAT | {
    "problem": {
        "variables": ["text"],
        "maximize": IDENTITY["problem"]["minimize"],  # type: ignore[index]
        "inequalities": IDENTITY["problem"]["inequalities"],  # type: ignore[index]
        "equalities": IDENTITY["problem"]["equalities"],  # type: ignore[index]
    }
}
