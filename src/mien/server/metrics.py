"""Counters in the text format of Prometheus. They hold no names of files and nothing about people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

_BOUNDS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)  # seconds


class Metrics:
    """What a server has done since it began."""

    def __init__(self) -> None:
        self._counts = Counter[tuple[str, str]]()
        self._jobs = Counter[tuple[str, str]]()
        self._within = Counter[float]()
        self._seconds = 0.0

    def count(self, name: str, value: str) -> None:
        """Counts one more of a kind, as ("requests", "200")."""
        self._counts[name, value] += 1

    def observe(self, kind: str, state: str, seconds: float) -> None:
        """Counts a job and how long it took."""
        self._jobs[kind, state] += 1
        self._seconds += seconds
        for bound in _BOUNDS:
            self._within[bound] += seconds <= bound

    def text(self, gauges: Mapping[str, tuple[str, float]]) -> str:
        """All of it as text.

        Args:
            gauges: {name: (help, value)} of what is measured now.
        """
        lines = [
            "# HELP mien_requests_total Answers by status.",
            "# TYPE mien_requests_total counter",
            *self._counted("requests", "mien_requests_total", "status"),
            "# HELP mien_refused_total Requests beyond a limit.",
            "# TYPE mien_refused_total counter",
            *self._counted("refused", "mien_refused_total", "limit"),
            "# HELP mien_jobs_total Jobs that have ended.",
            "# TYPE mien_jobs_total counter",
            *(f'mien_jobs_total{{kind="{k}",state="{s}"}} {n}' for (k, s), n in sorted(self._jobs.items())),
            "# HELP mien_job_seconds Time from the start of a job to its end.",
            "# TYPE mien_job_seconds histogram",
            *(f'mien_job_seconds_bucket{{le="{bound}"}} {self._within[bound]}' for bound in _BOUNDS),
            f'mien_job_seconds_bucket{{le="+Inf"}} {self._jobs.total()}',
            f"mien_job_seconds_sum {self._seconds:.6f}",
            f"mien_job_seconds_count {self._jobs.total()}",
        ]
        for name, (about, value) in gauges.items():
            lines += [f"# HELP {name} {about}", f"# TYPE {name} gauge", f"{name} {value:g}"]
        return "\n".join(lines) + "\n"

    def _counted(self, kind: str, name: str, label: str) -> list[str]:
        found = sorted((value, n) for (k, value), n in self._counts.items() if k == kind)
        return [f'{name}{{{label}="{value}"}} {n}' for value, n in found]
