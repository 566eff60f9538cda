"""Looks for known faults in the libraries of constraints.txt, with pip-audit and the open database OSV.

    python -m tools.audit

It ends with 1 if a fault is known. Where the database or pip-audit cannot be reached, it says so and ends with 0. This tool
needs uv, which runs pip-audit in an environment of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
AUDIT = (sys.executable, "-m", "uv", "tool", "run", "--quiet", "pip-audit>=2.10,<3")
HOW = ("--no-deps", "--disable-pip", "--progress-spinner", "off", "--vulnerability-service", "osv", "--format", "json")
_PATIENCE = 300  # seconds


def audited(command: Sequence[str]) -> tuple[list[str], str]:
    """Runs pip-audit.

    Returns:
        A line for each known fault, and why nothing could be looked up; "" where it could.
    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=False)
        table = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        return [], f"no answer within {_PATIENCE} s"
    except ValueError:
        return [], (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
    found = [(part, fault) for part in table["dependencies"] for fault in part.get("vulns", ())]
    return [_line(part["name"], part["version"], fault["id"], fault["fix_versions"]) for part, fault in found], ""


def _line(name: str, version: str, fault: str, mended: Sequence[str]) -> str:
    return f"{name} {version}: {fault}, " + (f"mended in {', '.join(mended)}" if mended else "not mended yet")


def main() -> None:
    """See the module."""
    faults, why = audited([*AUDIT, "--requirement", str(ROOT / "constraints.txt"), *HOW])
    if why:
        print(f"known faults in libraries were not looked up: {why[:300]}")
        return
    print("\n".join(faults) or "no fault is known in the libraries of constraints.txt")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
