"""Sets the environment for libraries: thread counts, and no telemetry. No other module does this.

OpenMP, BLAS, OpenCV, ONNX Runtime, CTranslate2 and torch each start their own pool of threads. Several pools that spin on
the same few cores stop one another (a face detector went from 7 to 220 ms a frame), so mien sets the size of all of them.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from mien.errors import InputError
from mien.runtime import devices
from mien.runtime.memory import loading

if TYPE_CHECKING:
    import onnxruntime

_POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
_MOST = 256  # no library takes any number of threads
_SILENT = {
    # ONNX Runtime 1.32 writes a device id into the user's cache and sends telemetry from C++, where Python cannot see it.
    "ORT_DISABLE_TELEMETRY": "1",
    # Requests of the Hugging Face hub and transformers then carry no statistics, and nobody checks for new releases.
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
    # This is a convention that other libraries may follow.
    "DO_NOT_TRACK": "1",
}


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def count() -> int:
    """The number of threads for one computation: ``MIEN_THREADS`` (at most 256), else the cores of this process (at most 8)."""
    asked = os.environ.get("MIEN_THREADS", "")
    if asked.isdecimal() and int(asked) > 0:
        return min(int(asked), _MOST)
    return min(cores(), 8)


def own() -> None:
    """Sets the environment that libraries read when they are first imported. Values that the user has set stay.

    ``mien/__init__.py`` calls it, because that runs before anything that mien imports.

    Each pool gets one thread: decoding, faces and words run side by side, and a second thread does not make them faster.
    ONNX Runtime, CTranslate2, FFmpeg and torch do get faster; they get ``count()`` threads where they are opened.
    """
    for name in _POOLS:
        os.environ.setdefault(name, "1")
    # Idle OpenMP threads must sleep and not spin, because another pool waits for the core.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("KMP_BLOCKTIME", "0")
    for name, value in _SILENT.items():
        os.environ.setdefault(name, value)
    early = sys.modules.get("onnxruntime")
    if early is not None and os.environ["ORT_DISABLE_TELEMETRY"] != "0":
        # It was imported before mien, without the variable. From now on it sends nothing.
        early.disable_telemetry_events()


def session_options() -> onnxruntime.SessionOptions:
    """The options of every ONNX Runtime session: mien's thread count, no spinning, and denormals as zero."""
    import numpy as np
    import onnxruntime

    for kind in (np.float16, np.float32, np.float64):
        # NumPy before 2.4 examines a type at the first call, and warns if denormals already count as zero.
        np.finfo(kind)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = count()
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # what goes wrong is raised; the log would say it once more, on the terminal
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Weights that were float16 contain denormals, which are a hundred times slower on x86.
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    # Weights are not taken from the arena, whose blocks are larger than asked for.
    options.add_session_config_entry("session.use_device_allocator_for_initializers", "1")
    _share_arena()
    options.add_session_config_entry("session.use_env_allocators", "1")
    return options


@cache
def _share_arena() -> None:
    """Makes one arena for the values between the layers of all graphs.

    An arena keeps the most that it ever had to hold. One for each graph kept 120 MB for a video; the shared one keeps 45.
    Without any, the C library keeps still more, in pieces.
    """
    import onnxruntime

    kind, memory = onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, onnxruntime.OrtMemType.DEFAULT
    usual = {"max_mem": 0, "arena_extend_strategy": -1, "initial_chunk_size_bytes": -1, "max_dead_bytes_per_chunk": -1}
    onnxruntime.create_and_register_allocator(
        onnxruntime.OrtMemoryInfo("Cpu", kind, 0, memory), onnxruntime.OrtArenaCfg(usual)
    )


_opened_in: int | None = None  # the process that opened the first graph


def check_process() -> None:
    """Refuses to work in a copy of a process that has models open. Their threads were not copied, so work would never end.

    Raises:
        InputError: the process was forked after a model was opened.
    """
    if _opened_in not in (None, os.getpid()):
        raise InputError(
            "this process was forked after mien had opened its models, whose threads a fork leaves behind; "
            "start processes with multiprocessing.get_context('spawn'), or fork before the first analysis"
        )


def open_graph(path: Path) -> onnxruntime.InferenceSession:
    """Opens an ONNX graph on the device that is used, see ``mien.runtime.devices``, with mien's thread count.

    Raises:
        InputError: the device cannot be used.
    """
    import onnxruntime

    global _opened_in
    _opened_in = _opened_in or os.getpid()
    with loading():
        found = onnxruntime.InferenceSession(str(path), session_options(), providers=devices.providers())
    devices.check(found.get_providers())
    return found
