"""The one place that sets what libraries read from the environment: thread counts, and that nothing phones home.

OpenMP, BLAS, OpenCV, ONNX Runtime, CTranslate2 and torch each start a pool of their own. Several pools that spin on
the same few cores stall one another (a face detector went from 7 to 220 ms a frame), so mien sets all of them.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import onnxruntime

_POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
_SILENT = {
    # ONNX Runtime 1.32 leaves a device id in the user's cache and writes to its makers from C++, out of sight of Python.
    "ORT_DISABLE_TELEMETRY": "1",
    # The Hugging Face hub and transformers: what is asked of the hub carries no statistics, and no release is asked after.
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
    # What all others are asked to honour.
    "DO_NOT_TRACK": "1",
}


@cache
def count() -> int:
    """Threads one computation may use: ``MIEN_THREADS``, else the cores this process may run on (at most 8)."""
    asked = os.environ.get("MIEN_THREADS", "")
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, 8)


def own() -> None:
    """Set the environment that libraries read when they are first imported; what the user has set stays.

    ``mien/__init__.py`` calls it, because that comes before all that mien imports.

    One thread each: decoding, faces and words run side by side, and none of them gains from a second one. Those that do
    (ONNX Runtime, CTranslate2, FFmpeg, torch) are told ``count()`` where they are opened.
    """
    for name in _POOLS:
        os.environ.setdefault(name, "1")
    # Idle OpenMP threads must sleep, not spin: another pool is waiting for the core.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("KMP_BLOCKTIME", "0")
    for name, value in _SILENT.items():
        os.environ.setdefault(name, value)
    early = sys.modules.get("onnxruntime")
    if early is not None and os.environ["ORT_DISABLE_TELEMETRY"] != "0":
        # Somebody imported it before mien, when the variable was not there yet: at least nothing of ours is told from here on.
        early.disable_telemetry_events()


def session_options() -> onnxruntime.SessionOptions:
    """Options for every ONNX Runtime session: our thread count, no spinning, denormals flushed."""
    import numpy as np
    import onnxruntime

    for kind in (np.float16, np.float32, np.float64):
        # NumPy before 2.4 measures a type when it is first asked about it, and warns if denormals are flushed by then.
        np.finfo(kind)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = count()
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Weights of fp16 origin hold denormals, which cost a hundredfold on x86.
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    return options


def open_graph(path: Path) -> onnxruntime.InferenceSession:
    """An ONNX graph, on the CPU, with our threads."""
    import onnxruntime

    return onnxruntime.InferenceSession(str(path), session_options(), providers=["CPUExecutionProvider"])
