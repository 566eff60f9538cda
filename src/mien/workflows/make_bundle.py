"""Makes a bundle of ready-made classifiers, as ``mien bundle make`` does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mien import bundles
from mien.bundle.bundle import Bundle
from mien.bundle.load import made_folder
from mien.bundle.origin import Origin
from mien.emotions import EMOTIONS
from mien.errors import InputError
from mien.events import Notice, Progress, Work
from mien.recipe.labels import labels_of, proposed
from mien.recipe.recipe import Export, Recipe
from mien.recipe.sections import EncoderTable
from mien.recipe.specification import Part, Specification, load
from mien.runtime.cache import file_sha256
from mien.runtime.extras import needs_hf
from mien.runtime.hub import HubModel, table_of
from mien.types import Modality

if TYPE_CHECKING:
    from mien.data.sets import ExampleSet
    from mien.encoders.base import Encoder
    from mien.model.model import Model

_FILES: Mapping[Modality, tuple[str, ...]] = {
    "text": ("tokenizer.json",),
    "voice": ("preprocessor_config.json",),
    "face": ("preprocessor_config.json",),
}
_SAYINGS = ("I can't believe we won!", "That is what he said.", "Oh no, not again.")
_FITTING = """
Nothing was trained. Each part answers alone; its labels are counted together by the table above, and the label shares of its
training data are taken out where they were stated. The pool joins what is left. Its numbers about people (how often words,
voice and face show what is expressed) are those of the shipped bundles unless the specification gave others; every part is
trusted alike. Nothing was evaluated: mien calibrate fits how far the answers can be trusted, on clips of your own."""


class Plan(NamedTuple):
    """What will be made: the specification, the models that it takes, and the folder of the bundle."""

    specification: Specification
    models: dict[Modality, HubModel]
    folder: Path

    @property
    def made(self) -> bool:
        """Whether the folder is there already."""
        return self.folder.is_dir()

    @property
    def own(self) -> bool:
        """Whether all models are folders that the specification names, so that nothing of a hub is taken."""
        return all(Path(part.model).is_dir() for part in self.specification.parts.values())


def planned(spec: str | Path, out: Path | None = None, mirror: Path | None = None) -> Plan:
    """Reads a specification, or a preset by its name. Nothing is downloaded.

    Args:
        spec: a .toml file, or the name of a preset.
        out: folder of the bundle; ``None`` for a preset keeps it with the cache of mien, where its name finds it.
        mirror: folder that is looked through in place of the hub; see ``HubModel``.

    Raises:
        InputError: there is no such file or preset, it is wrong, or ``out`` is missing for a file of the user.
    """
    preset = str(spec) in bundles.presets() and not Path(spec).is_file()
    found = load(bundles.preset(str(spec)) if preset else Path(spec))
    if out is None and not preset:
        raise InputError("say with --out in which folder the bundle is written")
    models = {m: HubModel(found.parts[m].model, found.parts[m].revision, mirror) for m in found.modalities}
    return Plan(found, models, made_folder(found.name) if out is None else out)


def make_bundle(plan: Plan) -> Work[Bundle]:
    """Downloads the models of a plan where they are not at hand, and writes the bundle.

    Configs come first, and labels are checked before any weights are downloaded. A folder that is there already is opened.

    Raises:
        InputError: a model cannot be had or loaded, or its labels are not those of the specification.
        ParityError: the bundle does not answer as the models do.
    """
    needs_hf("a bundle of ready-made classifiers", export=True)
    spec = plan.specification
    if plan.made:
        return Bundle.load(plan.folder)
    for modality, model in plan.models.items():
        _check(spec.parts[modality], model, spec.task.labels)
    folders: dict[Modality, Path] = {}
    for done, (modality, model) in enumerate(plan.models.items()):
        yield Progress("fetch", model.model, done, len(plan.models))
        folders[modality] = model.fetched(*_FILES[modality])
    yield Progress("export", spec.name, 0, 1)
    bundle = _exported(plan, folders)
    yield Progress("export", spec.name, 1, 1)
    for part in bundle.table.origins.values():
        if part.in_torch:
            yield Notice("runs_in_torch", {"model": part.model, "why": part.in_torch})
    return bundle


def proposal(model: str, mirror: Path | None = None) -> str:
    """A table of labels in TOML, proposed by the names of the labels alone. Nothing but config.json is read.

    Raises:
        InputError: there is no such model, or it is no classifier.
    """
    path = HubModel(model, mirror=mirror).file("config.json")
    if path is None:
        raise InputError(f"the model '{model}' has no config.json; name a model that transformers can load")
    config = table_of(path)
    names = labels_of(config, model)
    found = proposed(names, EMOTIONS)
    modality = (
        "voice" if "conv_stride" in config else "face" if {"image_size", "num_channels"} & config.keys() else "text"
    )
    quoted = {name: json.dumps(name, ensure_ascii=False) for name in names}
    rest = [quoted[name] for name in names if name not in found]
    return "\n".join(
        [
            "# Proposed by the names of the labels alone. Read each line; what no line means stands at the end.",
            f"[parts.{modality}]",
            f"model = {json.dumps(model, ensure_ascii=False)}",
            'licence = ""  # what its model card says',
            "left_out = []",
            "",
            f"[parts.{modality}.labels]",
            *(f'{quoted[name]} = "{label}"' for name, label in found.items()),
            *(f"# {name} =   # no proposal: write what it means, or put it into left_out" for name in rest),
        ]
    )


def _check(part: Part, model: HubModel, known: tuple[str, ...]) -> None:
    """Checks the labels of a part by the config of its model alone."""
    config = model.file("config.json")
    if config is None:
        raise InputError(f"the model '{part.model}' has no config.json; name a model that transformers can load")
    part.table.targets(labels_of(table_of(config), part.model), known, part.model)


def _exported(plan: Plan, folders: Mapping[Modality, Path]) -> Bundle:
    from mien.export.export import export
    from mien.export.ready import Ready
    from mien.model.build import build

    spec = plan.specification
    model, local = build(_recipe(spec, {m: spec.encoder(m, model=str(f)) for m, f in folders.items()}))
    _set_opinions(model, spec)
    # In the bundle, models have their names: no path of this machine, and nothing that is read again.
    named = {m: spec.encoder(m, model=_name(spec.parts[m].model)) for m in spec.modalities}
    encoders = {m: _named(table, local[m]) for m, table in named.items()}
    ready = {m: Ready(_origin(plan, m, folders[m]), spec.parts[m].run) for m in spec.modalities}
    return export(model, encoders, _recipe(spec, named), [_probe(spec, encoders)], plan.folder, ready=ready)


def _name(model: str) -> str:
    return Path(model).name if Path(model).is_dir() else model


def _recipe(spec: Specification, encoders: Mapping[Modality, EncoderTable]) -> Recipe:
    licence = spec.licence or "; ".join(f"{m}: {spec.parts[m].licence}" for m in spec.modalities)
    words = Export(spec.int8, spec.float16, spec.summary, _FITTING, "", spec.notes, licence)
    return Recipe(spec.name, dict(encoders), (), fusion=dict(spec.fusion), export=words, tasks=(spec.task,))


def _set_opinions(model: Model, spec: Specification) -> None:
    """Lets the pool take the answers of the parts as they are, without the shares of their training data."""
    import torch

    from mien.fusion.late import LatePool

    pool = model.fusion
    if not isinstance(pool, LatePool):
        raise InputError("the fusion of ready-made classifiers is a pool; name = 'channel' or 'late'")
    for modality in spec.modalities:
        opinion, reliability = pool.opinion(modality, spec.task), pool.reliability[modality]
        opinion.linear.load_state_dict({"weight": torch.eye(spec.task.size), "bias": torch.zeros(spec.task.size)})
        # The quality of an input says nothing about a part that nobody measured: its slope becomes 0.
        state = reliability.state_dict()
        reliability.load_state_dict({**state, "slope": torch.full_like(state["slope"], -30.0)})
        opinion.set_prior(torch.tensor(spec.parts[modality].shares(spec.task.labels)))


def _named(table: EncoderTable, local: Encoder) -> Encoder:
    """The encoder under its name, with what ``prepare`` has to know of the model's files."""
    from mien.encoders.base import encoders

    known = {"front": local.settings["front"], **{key: str(path) for key, path in local.assets.items()}}
    return encoders.build({"name": table.name, **table.options, **known})


def _origin(plan: Plan, modality: Modality, folder: Path) -> Origin:
    part = plan.specification.parts[modality]
    read = sorted(
        {*folder.glob("*.safetensors"), *(p for n in ("config.json", *_FILES[modality]) if (p := folder / n).is_file())}
    )
    prior = (part.counted or "counts in the specification") if part.counts else ""
    sha256 = {path.name: file_sha256(path) for path in read}
    return Origin(_name(part.model), part.licence, part.source, plan.models[modality].commit, sha256, prior)


def _probe(spec: Specification, encoders: Mapping[Modality, Encoder]) -> ExampleSet:
    """Real inputs to compare the bundle with its models: the demo clip that comes with mien, and sentences."""
    from mien.data.items import Item
    from mien.data.sets import ExampleSet
    from mien.data.tracks import TrackStore
    from mien.samples import demo_clip
    from mien.types import Clip, Example

    clips = [Clip(f"demo {i}", video=demo_clip(), text=said) for i, said in enumerate(_SAYINGS)]
    items = [Item(Example(clip, {}, None, "valid", "demo")) for clip in clips]
    stores = {m: TrackStore(encoder, f"{m}_classifier", items) for m, encoder in encoders.items()}
    for store in stores.values():
        for _ in store.fill():
            pass
    return ExampleSet("demo", "valid", items, stores, (spec.task,))
