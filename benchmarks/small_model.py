"""A small real language model, as it is, behind a local server with an OpenAI-compatible interface.

    python -m benchmarks.small_model MODEL.gguf [--most 200]     # needs MIEN_DATA and mien[dev]; writes docs/llms.md anew

It is asked blind, for its label alone, with token probabilities. Answers are kept in the cache, so a run that was stopped goes
on. The server has a fixed port, because its address is part of what an answer is kept by.
"""

from __future__ import annotations

import argparse
import csv
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.llms.serving import answers_of, served

from mien.bundle.bundle import Bundle
from mien.bundle.results import Result
from mien.emotions import EMOTIONS, canonical
from mien.events import Progress
from mien.llms.base import llms
from mien.llms.opinion.asker import Asker, HowToAsk
from mien.runtime.cache import write_atomic
from mien.runtime.marks import rebuilt
from mien.types import EMOTION
from mien.workflows.llms.ask import LlmOptions, llm_of
from mien.workflows.llms.on_data import evaluate_llm

PORT = 8961
METRICS = ("accuracy", "macro_f1", "uar", "nll")
NAME = "SmolLM2-135M"


def lines_of_meld(root: Path, folder: Path) -> Path:
    """The test lines of MELD as a manifest of one's own."""
    with (root / "meld_text" / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "test"]
    path = folder / "meld_text.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "emotion", "speaker", "split"])
        writer.writerows([r["text"], canonical(r["label"], EMOTIONS), r["speaker"], "test"] for r in rows)
    return path


def figures(asker: Asker, bundle: Bundle, recipe: str | None, data: Path | None, most: int) -> list[Result]:
    """The rows of the evaluation on one set."""
    work = evaluate_llm(asker, bundle, recipe, data, None, most)
    while True:
        try:
            event = next(work)
        except StopIteration as end:
            return list(end.value.rows)
        if isinstance(event, Progress) and event.stage == "ask" and event.done % 10 == 0:
            print(event.done, event.total, flush=True)


def table(title: str, rows: list[Result], bundle: str) -> Iterator[str]:
    """The table of one set."""
    found = {(row.set.partition(", ")[2], row.metric): row for row in rows}
    yield f"| {title}, n = {rows[0].n} | accuracy | macro F1 | UAR | NLL |"
    yield "|---" * 5 + "|"
    common = [found[bundle, metric].majority for metric in METRICS[:3]]
    yield f"| always the commonest label | {' | '.join(f'{value:.3f}' for value in common)} | |"
    for who, shown in (
        (NAME, f"{NAME} alone"),
        (bundle, f"`{bundle}` alone"),
        (f"{bundle} with {NAME}", "both, not calibrated"),
    ):
        cells = [_cell(found[who, metric]) for metric in METRICS]
        yield f"| {shown} | {' | '.join(cells)} |"


def _cell(row: Result) -> str:
    if row.interval is None or row.metric == "nll":
        return f"{row.value:.3f}"
    return f"{row.value:.3f} [{row.interval[0]:.3f}, {row.interval[1]:.3f}]"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--most", type=int, default=200)
    given = parser.parse_args()
    model, bundle = llms.build({"name": "transformers", "model": given.model}), Bundle.load("research")
    with tempfile.TemporaryDirectory() as folder, served(answers_of(model), port=PORT) as server:
        llm = llm_of(LlmOptions(server.address, NAME, can="json_schema,logprobs", at_once=1))
        asker = Asker(llm, EMOTION.labels, HowToAsk(samples=0, blind=True, reason=False))
        manifest = lines_of_meld(Path(os.environ["MIEN_DATA"]), Path(folder))
        sets = {"GoEmotions": ("text", None), "MELD": (None, manifest)}
        lines: list[str] = []
        for title, (recipe, data) in sets.items():
            rows = figures(asker, bundle, recipe, data, given.most)
            lines += ["", *table(title, rows, bundle.name)]
            print("\n".join(lines), flush=True)
        llm.close()
    page = Path(__file__).parents[1] / "docs" / "llms.md"
    write_atomic(page, rebuilt(page.read_text(encoding="utf-8"), "small model", "\n".join([*lines[1:]])))


if __name__ == "__main__":
    main()
