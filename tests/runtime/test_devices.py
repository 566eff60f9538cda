"""Which device is chosen, and what is said when it is not there. No machine of CI has one, so the lists are given."""

from __future__ import annotations

import pytest

from mien.errors import InputError
from mien.runtime import devices

GPU = ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]
MAC = ["CoreMLExecutionProvider", "CPUExecutionProvider"]
CPU = ["AzureExecutionProvider", "CPUExecutionProvider"]


@pytest.mark.parametrize(
    ("device", "available", "found"),
    [
        ("auto", GPU, "cuda"),
        ("auto", MAC, "coreml"),
        ("auto", CPU, "cpu"),
        ("auto", ["OpenVINOExecutionProvider", *CPU], "cpu"),
        ("cuda", GPU, "cuda"),
        ("tensorrt", GPU, "tensorrt"),
        ("cpu", GPU, "cpu"),
        ("directml", ["DmlExecutionProvider", *CPU], "directml"),
    ],
)
def test_a_device_is_chosen(device: str, available: list[str], found: str) -> None:
    assert devices.chosen(device, available) == found


@pytest.mark.parametrize(
    ("device", "said"),
    [
        ("cuda", "cannot use 'cuda' here, only cpu; install onnxruntime-gpu in place of onnxruntime"),
        ("coreml", "cannot use 'coreml' here, only cpu; it needs a Mac"),
        ("cdua", "there is no device 'cdua'; did you mean 'cuda'?"),
    ],
)
def test_a_device_that_is_not_there_has_a_sentence(device: str, said: str) -> None:
    with pytest.raises(InputError) as error:
        devices.chosen(device, CPU)
    assert said in str(error.value)


def test_sessions_and_speech_follow_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MIEN_DEVICE", raising=False)
    assert (devices.providers(), devices.for_whisper()) == (["CPUExecutionProvider"], ("cpu", "int8"))
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: GPU)
    monkeypatch.setenv("MIEN_DEVICE", "cpu")
    assert devices.use("auto") == "cuda"
    assert devices.providers() == ["CUDAExecutionProvider", "CPUExecutionProvider"]
    assert devices.for_whisper() == ("cuda", "int8_float16")
    devices.check(GPU)
    with pytest.raises(InputError, match="'cuda' cannot be used: ONNX Runtime found no driver for it"):
        devices.check(CPU)


def test_each_device_has_a_size_of_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(devices.BATCHES) == set(devices.PROVIDERS)
    monkeypatch.delenv("MIEN_DEVICE", raising=False)
    assert devices.batch() == 32
    monkeypatch.setenv("MIEN_DEVICE", "cuda")
    assert devices.batch() == devices.BATCHES["cuda"] > 32
