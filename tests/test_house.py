"""The norms of docs/architecture.md as tests, so that nobody has to remember them."""

from __future__ import annotations

import ast
import inspect
import re
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from mien.data.readers.base import readers
from mien.encoders.base import encoders
from mien.explain.evidence.base import explainers
from mien.fusion.base import fusions
from mien.llms.base import llms
from mien.metrics.base import metrics
from mien.registry import Family
from mien.report.exporters.base import exporters
from mien.types import MODALITIES

from .conftest import ROOT

PACKAGE = ROOT / "src" / "mien"
MODULES = sorted(PACKAGE.rglob("*.py"))
FAMILIES: tuple[Family[object], ...] = (encoders, fusions, metrics, exporters, explainers, readers, llms)  # type: ignore[assignment]
PARTS = [(family, name) for family in FAMILIES for name in family.names()]
NETWORK = {"requests", "urllib.request", "urllib3", "http.client", "socket", "httpx", "httpx2", "aiohttp", "ftplib"}
AT_THE_DOOR = {"client/connection.py": {"http.client"}, "server/app.py": {"socket"}, "llms/_http.py": {"httpx2"}}
"""What speaks to a server that the user named, and what listens. Nothing else knows the network."""
CODE_IN_DATA = {"pickle", "marshal", "shelve", "dill", "joblib", "cloudpickle"}


def called(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def source(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(source(path))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Name and number of lines, docstring left out."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            yield f"{called(path)}:{node.name}", (node.end_lineno or 0) - body[0].lineno + 1 if body else 0


def of_each_module(check: Callable[[Path], None]) -> Callable[[], None]:
    """A test that tries all modules and names those that fail. A test for each would take half a minute in all."""

    def test() -> None:
        faults = {}
        for path in MODULES:
            try:
                check(path)
            except AssertionError as error:
                faults[called(path)] = str(error)
        assert faults == {}

    test.__name__, test.__doc__ = check.__name__, check.__doc__
    return test


def test_modules_are_short() -> None:
    mine = [p for folder in ("src/mien", "tests", "benchmarks", "tools") for p in ROOT.joinpath(folder).rglob("*.py")]
    lengths = {called(p): len(source(p).splitlines()) for p in mine}
    assert {name: n for name, n in lengths.items() if n > 300} == {}
    assert statistics.median(n for name, n in lengths.items() if n and name.startswith("src/")) <= 100


def test_functions_are_short() -> None:
    lengths = dict(pair for p in MODULES for pair in functions(p))
    assert {name: n for name, n in lengths.items() if n > 50} == {}
    assert statistics.quantiles(lengths.values(), n=100)[98] <= 40


def test_folders_are_small() -> None:
    counts = {called(f): len(list(f.glob("*.py"))) for f in PACKAGE.rglob("*") if f.is_dir()}
    assert {name: n for name, n in counts.items() if n > 16} == {}


def test_tests_lie_where_what_they_test_lies() -> None:
    folders = {path.parent.relative_to(ROOT / "tests") for path in ROOT.joinpath("tests").rglob("*.py")}
    assert [f.as_posix() for f in folders if not (PACKAGE / f).is_dir() and not (ROOT / f).is_dir()] == []


def test_the_root_holds_nouns_and_doors_alone() -> None:
    assert len(list(PACKAGE.glob("*.py"))) <= 12


@of_each_module
def test_names_say_something(path: Path) -> None:
    assert not re.search(r"util|common|helper|misc|manager|v\d$", path.stem)
    assert not re.search(r"util|common|helper|misc", path.parent.name)
    names = [n.name for n in ast.walk(tree(path)) if isinstance(n, ast.ClassDef | ast.FunctionDef)]
    assert [n for n in names if re.search(r"Manager|Helper|Util|V2|_v2", n)] == []


@of_each_module
def test_no_code_in_data_and_no_network(path: Path) -> None:
    allowed = AT_THE_DOOR.get(path.relative_to(PACKAGE).as_posix(), set())
    assert set(imported(path)) & (CODE_IN_DATA | NETWORK) - allowed == set()
    for name, call in calls(path):
        assert name not in {"eval", "exec", "compile", "__import__", "print", "torch.load", "os.system"}, name
        for keyword in call.keywords:
            given = isinstance(keyword.value, ast.Constant) and keyword.value.value
            assert not (keyword.arg in {"trust_remote_code", "allow_pickle", "shell"} and given), keyword.arg


@of_each_module
def test_exceptions_are_not_swallowed(path: Path) -> None:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"{called(path)}:{node.lineno}: bare except"
            assert not all(isinstance(n, ast.Pass) for n in node.body), (
                f"{called(path)}:{node.lineno}: except ...: pass"
            )


@of_each_module
def test_no_sentence_is_read_to_decide(path: Path) -> None:
    """What went wrong is told by the type of an error, or by a code; its words are for people."""
    said = r"str\(\w*error\w*\)|closest\([^\n]*\)|unit\([^\n]*\)"
    reading = rf" (not )?in ({said})|({said})\.(startswith|endswith|partition|find)\("
    assert re.findall(reading, source(path)) == []


@of_each_module
def test_nothing_is_postponed_and_silenced_checks_have_a_reason(path: Path) -> None:
    for number, line in enumerate(source(path).splitlines(), start=1):
        place = f"{called(path)}:{number}"
        assert not re.search(r"\b(TODO|FIXME|XXX|NotImplementedError|pragma: no cover)\b", line), place
        if re.search(r"# (type: ignore|noqa)", line):
            reason = r"# (type: ignore\[[\w, -]+\]|noqa: [A-Z0-9, ]+)\s+(# |- )\w.*"
            assert re.search(reason, line), f"{place}: a silenced check says why, after ' # ' or ' - '"


@of_each_module
def test_modalities_are_called_text_voice_face(path: Path) -> None:
    other = {"vision", "visual", "acoustic", "linguistic", "lexical", "facial", "vocal"}
    published = {"vision"} if path.name == "_servers.py" else set()  # what servers of others call it in their JSON
    words = {n.value for n in ast.walk(tree(path)) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    assert words & (other - published) == set()
    names = {n.arg for n in ast.walk(tree(path)) if isinstance(n, ast.arg)}
    assert {n for n in names if re.fullmatch(r"(vision|visual|acoustic)(_\w+)?", n)} == set()


@of_each_module
def test_results_speak_of_what_is_expressed(path: Path) -> None:
    """Only the model card says "feels": that mien cannot tell."""
    if path.name != "card.py":
        assert re.findall(r"(?i)\bfeel(?:s|ing|ings)?\b|\bfelt\b", source(path)) == []


def test_one_loop_learns() -> None:
    loops = {called(p) for p in MODULES for name, _ in calls(p) if name.endswith(".backward")}
    assert loops == {"src/mien/training/loop.py"}


def test_threads_are_owned_in_one_place() -> None:
    owner = PACKAGE / "runtime" / "threads.py"
    others = [p for p in MODULES if p != owner]
    sets = r"intra_op_num_threads|OMP_NUM_THREADS|MKL_NUM_THREADS|OPENBLAS_NUM_THREADS|setNumThreads"
    assert [called(p) for p in others if re.search(sets, source(p))] == []
    for path in others:
        for name, call in calls(path):
            if name.endswith("InferenceSession"):
                assert "threads.session_options()" in ast.unparse(call), f"{called(path)}: {ast.unparse(call)}"


@pytest.mark.parametrize(("family", "name"), PARTS, ids=[f"{f.name}-{n}" for f, n in PARTS])
def test_file_name_is_registered_name(family: Family[object], name: str) -> None:
    part = family.get(name)
    assert part.__module__.rpartition(".")[2] == name
    assert (part.__doc__ or "").strip(), "a part says what it does"


@pytest.mark.parametrize("name", encoders.names())
def test_an_encoder_names_its_modality_first(name: str) -> None:
    part = encoders.get(name)
    if "modality" not in inspect.signature(part).parameters:
        assert getattr(part, "modality", None) in MODALITIES
        assert name.startswith(f"{part.modality}_")  # type: ignore[attr-defined]


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_import_is_light() -> None:
    heavy = [
        "torch",
        "numpy",
        "av",
        "onnxruntime",
        "faster_whisper",
        "ctranslate2",
        "PIL",
        "rich",
        "typer",
    ]
    loaded = python(f"import mien, sys; print([m for m in {heavy} if m in sys.modules])")
    assert loaded.strip() == "[]"


def test_analysis_never_loads_torch() -> None:
    """Every module of the torch-free side is imported, and every part of it that needs no weights is used."""
    code = """
import sys
import numpy as np
import importlib, importlib.util, pkgutil
import mien.media.centerface, mien.media.speech.activity, mien.recipe.recipe
from mien.runtime import threads

rooms = ("bundle", "encoders", "explain", "media", "recipe", "report", "runtime", "trust")
for room in rooms:
    for module in pkgutil.walk_packages([f"{mien.__path__[0]}/{room}"], f"mien.{room}."):
        importlib.import_module(module.name)
import mien.cli, mien.pipeline, mien.workflows.analyze_files, mien.workflows.explain_clip
from mien.encoders.base import encoders
from mien.report.exporters.base import Export, exporter, exporters
from mien.timeline import Prediction, Timeline
from mien.types import Audio, Frames, Segment, Span, Word, Words

span = Span(0.0, 2.0)
sound = Audio((0.3 * np.sin(2 * np.pi * 220 * np.arange(32_000) / 16_000)).astype(np.float32))
frames = Frames(np.random.default_rng(0).integers(0, 255, (3, 112, 112, 3), dtype=np.uint8), np.asarray([0.0, 0.5, 1.0]))
segment = Segment(span, "person-1", Words((Word("hello", span),), "en"), frames, sound)
served = ("text_minilm", "text_e5", "voice_whisper", "face_cnn")
tracks = {name: encoders.build({"name": name}).prepare(segment) for name in served}
assert all(track is not None for track in tracks.values()), tracks
mien.media.speech.activity.speech_spans(sound.samples, 10.0)
mien.media.centerface.CenterFace().detect(frames.pixels[0])
said = Prediction(span, "person-1", "hello", "happy", {"happy": 1.0}, 0.8, 0.5, {"text": 1.0}, {}, {})
for name in [n for n in exporters if n != "parquet" or importlib.util.find_spec("pyarrow")]:
    exporter(name).write(Export(Timeline("x", 2.0, "b", "0", (said,), "happy", {"happy": 1.0}, 0.8, 0.5)))
mien.recipe.recipe.load("text")
torch_like = ("torch", "transformers", "lightning_fabric", "sklearn", "onnx")
print([m for m in torch_like if m in sys.modules])
"""
    assert python(code).strip() == "[]"
