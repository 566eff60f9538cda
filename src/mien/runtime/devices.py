"""Chooses what graphs are computed on: the CPU, or a device for which ONNX Runtime has an execution provider."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from mien.errors import InputError, closest

PROVIDERS: Mapping[str, str] = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "rocm": "MIGraphXExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "directml": "DmlExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
}
"""{name of a device: its execution provider}."""
_BY_ITSELF = ("cuda", "coreml", "directml", "rocm")
"""What "auto" takes, the first that is there. TensorRT compiles for minutes, and OpenVINO runs on CPUs as well."""
_PACKAGES = {
    **dict.fromkeys(("cuda", "tensorrt"), "onnxruntime-gpu"),
    **{"rocm": "onnxruntime-migraphx", "directml": "onnxruntime-directml", "openvino": "onnxruntime-openvino"},
}
BATCHES: Mapping[str, int] = {
    "cpu": 32,
    "cuda": 256,
    "tensorrt": 256,
    "rocm": 256,
    "coreml": 64,
    "directml": 128,
    "openvino": 32,
}
"""{name of a device: how many segments a graph gets at once, where many wait}. With more, text and faces take as long on the
CPU. The others are guesses, as no such device was at hand."""
_VARIABLE = "MIEN_DEVICE"


def use(device: str) -> str:
    """Computes on a device from now on, in this process and those that it starts, and gives its name.

    Call it before the first analysis: graphs that are open stay where they are.

    Args:
        device: a key of ``PROVIDERS``, or "auto" for the first device that is there, else the CPU.

    Raises:
        InputError: there is no such device, or ONNX Runtime has no provider for it here.
    """
    import onnxruntime

    os.environ[_VARIABLE] = found = chosen(device, onnxruntime.get_available_providers())
    return found


def current() -> str:
    """The name of the device that is used."""
    return os.environ.get(_VARIABLE) or "cpu"


def batch() -> int:
    """How many segments a graph gets at once on the device that is used, where many wait."""
    return BATCHES.get(current(), BATCHES["cpu"])


def chosen(device: str, available: Sequence[str]) -> str:
    """The device that is meant, among the execution providers that are there.

    Raises:
        InputError: see ``use``.
    """
    if device == "auto":
        return next((name for name in _BY_ITSELF if PROVIDERS[name] in available), "cpu")
    if device not in PROVIDERS:
        raise InputError(f"there is no device '{device}'; {closest(device, ['auto', *PROVIDERS])}")
    if PROVIDERS[device] not in available:
        there = ", ".join(name for name, provider in PROVIDERS.items() if provider in available)
        package = _PACKAGES.get(device)
        remedy = f"install {package} in place of onnxruntime" if package else "it needs a Mac"
        raise InputError(f"ONNX Runtime cannot use '{device}' here, only {there}; {remedy}, or leave --device out")
    return device


def providers() -> list[str]:
    """The execution providers of a session: that of the device, and the CPU for what the device lacks."""
    return list(dict.fromkeys((PROVIDERS.get(current(), PROVIDERS["cpu"]), PROVIDERS["cpu"])))


def check(used: Sequence[str]) -> None:
    """Refuses a session that ONNX Runtime has opened elsewhere, because a driver or a library is missing.

    Args:
        used: the execution providers of the session.

    Raises:
        InputError: the device is not among them.
    """
    if providers()[0] not in used:
        raise InputError(
            f"'{current()}' cannot be used: ONNX Runtime found no driver for it; install one, or leave --device out"
        )


def for_whisper() -> tuple[str, str]:
    """The device and the type of numbers for faster-whisper, which knows CUDA and the CPU."""
    return ("cuda", "int8_float16") if current() in ("cuda", "tensorrt") else ("cpu", "int8")
