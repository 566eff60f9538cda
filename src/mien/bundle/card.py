"""The model card of a bundle, Markdown, written from its JSON alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mien.timeline import UNCALIBRATED
from mien.types import EMOTION, INPUTS, MODALITIES

_USE = """\
It cannot tell what a person feels, and must not decide
about people: not in hiring, policing, border control, grading or diagnosis. In the EU, emotion recognition at work and in
schools is largely forbidden (AI Act, Article 5). Expect it to be worse on other languages, ages, cultures and on people unlike
those in the data."""

_COMPOSITES = """\
*Composites*: no data with all modalities of the same moment were at hand. One example of each modality with the same label was
put together; given the label they are independent, which parts of one real moment are not. The temperature is therefore raised
by the redundancy that the pool measured on real pairs, and label sets and thresholds are no bolder than those of the most
careful modality alone. What is said of several modalities together has not been tested on real clips."""

_TESTED = """\
On the test sets (one seed, this bundle), without what the signs of a poor input below do. *floor*: the ECE that exactly true
probabilities would show with so many examples. *all of these*: the sets of a modality together, where errors of one kind on one
set and of the other kind on another cancel out. *debiased*: the root mean square calibration error without what chance adds.
*answered*: share not uncertain."""

_GUARDS = """\
*Signs of a poor input*, by name in `reasons`. Each makes the answer flatter by its temperature, which counts by the share of
its modality and fits best by NLL on validation examples spoilt on purpose: *n* of these set it off, and of those the share
*right* was answered right. *clean*: how often it goes off for examples that were not spoilt."""


def card(table: Mapping[str, Any]) -> str:
    """Markdown from ``bundle.json``'s table."""
    parts = [
        f"# Model card: {table['name']}",
        table["summary"],
        f"**Licence of the weights:** {table['licence']}" if table["licence"] else "",
        "\n".join(f"- {note}" for note in table["notes"]),
        "## Intended use and limits",
        f"{_reads(table)} {_USE}",
        table["recipe"]["export"].get("limits", ""),
        "## Parts",
        _parts(table),
        "## Training data",
        _training(table),
        "## How the parts were joined" if table["recipe"]["export"]["fitting"] else "",
        table["recipe"]["export"]["fitting"],
        "## How well it does",
        results(table["evaluation"]),
        *(["## How far an answer can be trusted", trusted(table.get("trust", {}))] if _single(table) else []),
        *_places(table),
        f"Made by {table['made_by']} with the recipe `{table['recipe']['name']}`, seed {table['recipe']['seed']}.",
    ]
    return "\n\n".join(p for p in parts if p) + "\n"


def _single(table: Mapping[str, Any]) -> bool:
    """Whether there is a task whose probabilities can be calibrated."""
    return any(t["kind"] == "single" for t in table["tasks"])


def _reads(table: Mapping[str, Any]) -> str:
    tasks = [t["name"] for t in table["tasks"]]
    *others, last = (INPUTS[m] for m in MODALITIES if m in table["encoders"])
    where = f"{', '.join(others)} and {last}" if others else last
    if EMOTION.name in tasks:
        return f"It reads the emotion a person *expresses* in {where}."
    return f"It reads {', '.join(tasks)} in {where}."


def _places(table: Mapping[str, Any]) -> list[str]:
    """Where valence and arousal come from; nothing where no task has labels with places."""
    places = table["positions"]
    if not any(t["labels"] and set(t["labels"]) <= places.keys() for t in table["tasks"]):
        return []
    return [
        "## Valence and arousal",
        "No data set at hand has both; they are the means of the labels' published circumplex positions (Russell and "
        "Mehrabian 1977) under the probabilities: "
        + ", ".join(f"{k} ({v[0]:g}, {v[1]:g})" for k, v in places.items())
        + ".",
    ]


def _parts(table: Mapping[str, Any]) -> str:
    lines = ["| part | kind | file | bytes | SHA-256 |", "|---|---|---|---|---|"]
    for name, entry in [*table["encoders"].items(), ("fusion", table["fusion"])]:
        lines.append(f"| {name} | {entry['name']} | {entry['file']} | {entry['bytes']} | `{entry['sha256']}` |")
    parity = table.get("parity")
    if parity:
        same = "" if parity["same_top_label"] is None else f"same top label in {parity['same_top_label']:.1%}, "
        kinds = dict.fromkeys("score" if task["kind"] == "score" else "probability" for task in table["tasks"])
        lines.append(
            f"\nChecked against torch on {parity['examples']} real examples: {same}"
            f"largest difference of a {' or '.join(kinds)} {parity['largest_difference']:.2g}."
        )
    return "\n".join(lines)


def _training(table: Mapping[str, Any]) -> str:
    """Data of the parts that were trained before, then of the recipe itself."""
    parts = [
        f"The {modality} part comes from the recipe `{recipe['name']}`, seed {recipe['seed']}:\n\n{_data(recipe['data'])}"
        for modality, recipe in table["lineage"].items()
    ]
    learned = ", ".join(table["recipe"]["train"]["learn"])
    own = f"The recipe `{table['recipe']['name']}` itself" + (f" then fitted only {learned}:" if parts else ":")
    return "\n\n".join([*parts, f"{own}\n\n{_data(table['recipe']['data'])}"])


def _data(sources: Sequence[Mapping[str, Any]]) -> str:
    lines = ["| set | read as | split trained on | spoilt by | labels used |", "|---|---|---|---|---|"]
    for s in sources:
        kinds = ", ".join([*s["clip"], *(f"{m} features" for m in s["features"])])
        labels = "; ".join(f"{task}: {_labels(t)}" for task, t in s["targets"].items())
        ways = ", ".join(way or "nothing" for way in s["degrade"])
        lines.append(f"| {s['name']} | {kinds} | {s['train'] or 'none'} | {ways} | {labels} |")
    return "\n".join(lines)


def _labels(target: Mapping[str, Any]) -> str:
    names = target["labels"].items()
    return ", ".join(f"{k} -> {v}" if k != v else k for k, v in names) or "as they are"


def results(entries: Sequence[Mapping[str, Any]]) -> str:
    """A Markdown table of measured results."""
    if not entries:
        return "Not evaluated yet."
    several = len({e["task"] for e in entries}) > 1
    bounded = any(e.get("interval") for e in entries)
    head = ["set", "split", "modality", *(["task"] if several else []), "metric", "value"]
    head += [*(["95 % interval"] if bounded else []), "majority baseline", "n", "seeds"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for e in entries:
        value = f"{e['value']:.3f}" + (f" ± {e['std']:.3f}" if e.get("std") is not None else "")
        low, high = e.get("interval") or (None, None)
        cells = [e["set"], e["split"], e["modality"], *([e["task"]] if several else []), e["metric"], value]
        cells += ["" if low is None else f"{low:.3f} to {high:.3f}"] if bounded else []
        cells += ["" if e["majority"] is None else f"{e['majority']:.3f}", str(e["n"]), str(e["seeds"])]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def trusted(trust: Mapping[str, Any]) -> str:
    """Markdown on calibration, label sets and abstention."""
    if not trust:
        return UNCALIBRATED
    lines = [
        f"Label sets aim at {trust['coverage']:.0%} coverage; an answer is uncertain when its most probable label does not "
        f"reach the threshold, above which at most {trust['risk']:.0%} of the answers were wrong in fitting.",
        "",
        "| modalities | fitted on | n | speakers | method | temperature | label sets | uncertain below |",
        "|---|---|---|---|---|---|---|---|",
    ]
    entries = [(task, subset, e) for task, fitted in trust["tasks"].items() for subset, e in fitted.items()]
    several = len(trust["tasks"]) > 1
    lines += [_fit_row(f"{task}: {subset}" if several else subset, e) for task, subset, e in entries]
    if any(e["composite"] for *_, e in entries):
        lines += ["", _COMPOSITES]
    lines += [
        "",
        _TESTED,
        "",
        "| set | modality | n | ECE | before | floor | debiased | Brier | NLL "
        "| covered | labels in a set | answered | wrong of those | AURC |",
        "|" + "---|" * 14,
        *(_test_row(r, several) for r in trust["measured"]),
        *_guards(trust["guards"]),
    ]
    return "\n".join(lines)


def _guards(guards: Sequence[Mapping[str, Any]]) -> list[str]:
    """How guards were fitted; nothing for a bundle from before they were."""
    if not any("fitted" in g for g in guards):
        return []
    head = "| sign | of | goes off | spoilt by | n | right | NLL before | NLL | temperature | clean |"
    return ["", _GUARDS, "", head, "|" + "---|" * 10, *(_guard_row(g, g["fitted"]) for g in guards)]


def _guard_row(g: Mapping[str, Any], fitted: Mapping[str, Any]) -> str:
    bounds = [f"{g['measure']} {sign} {g[key]:g}" for key, sign in (("below", "<"), ("above", ">")) if key in g]
    measured = ["" if k not in fitted else f"{fitted[k]:.2f}" for k in ("right", "nll_before", "nll")]
    cells = [
        g["reason"],
        g["modality"],
        " or ".join(bounds),
        ", ".join(fitted["spoilt_by"]),
        str(fitted["n"]),
        *measured,
    ]
    return "| " + " | ".join([*cells, f"{g['temperature']:.2f}", f"{fitted['clean_share']:.1%}"]) + " |"


def _fit_row(of: str, e: Mapping[str, Any]) -> str:
    scale, slopes = e["calibration"]["scale"], e["calibration"]["slopes"]
    heat = f"{1 / scale[0]:.2f}" if len(set(scale)) == 1 else f"{1 / max(scale):.2f} to {1 / min(scale):.2f}"
    heat += f", by {', '.join(s['measure'] for s in slopes)}" if slopes else ""
    data = f"composites of {', '.join(e['data'])}" if e["composite"] else ", ".join(e["data"])
    sets = f"{e['label_sets']['rule'].upper()} {max(e['label_sets']['quantiles']):.2f}"
    people = e["speakers"] if e["speakers"] else "unknown"
    below = e["uncertain"]["below"]
    return f"| {of} | {data} | {e['n']} | {people} | {e['method']} | {heat} | {sets} | {below:.2f} |"


def _test_row(r: Mapping[str, Any], several: bool) -> str:
    low, high = r["ece_95"]
    cells = [
        r["set"],
        f"{r['task']}: {r['modality']}" if several else r["modality"],
        r["n"],
        f"{r['ece']:.3f} ({low:.3f} to {high:.3f})",
        f"{r['before']['ece']:.3f}",
        f"{r['floor']:.3f} ± {r['floor_std']:.3f}",
        *(f"{r[k]:.3f}" for k in ("debiased", "brier", "nll", "covered")),
        f"{r['size']:.2f}",
        *(f"{r[k]:.3f}" for k in ("answered", "risk", "aurc")),
    ]
    return "| " + " | ".join(map(str, cells)) + " |"
