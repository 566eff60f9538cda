"""Asks a server whatever its OpenAPI document allows: ``python -m tests.server.asking ADDRESS``. It prints what went wrong.

It is a process of its own, because ONNX Runtime makes numbers near zero count as zero in the process of the tests, and
Hypothesis refuses to make numbers then.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import hypothesis
import schemathesis
from schemathesis.checks import CHECKS

# No schema says which bytes are media, so a body that fits the document may still be refused.
LEFT_OUT = ("positive_data_acceptance",)


def wrong(operation: Any, examples: int) -> str:
    """What is wrong with the answers of one operation; "" when nothing is."""

    @hypothesis.settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        case.call_and_validate(excluded_checks=[CHECKS.get_one(name) for name in LEFT_OUT], timeout=120)

    try:
        ask()
    except (Exception, BaseExceptionGroup) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def main(address: str, examples: int = 20) -> None:
    """Asks all operations, and prints {"method path": what is wrong} as JSON."""
    spec: Any = schemathesis.openapi.from_url(f"{address}/openapi.json")
    found = {}
    for result in spec.get_all_operations():
        operation = result.ok()
        found[f"{operation.method} {operation.path}"] = wrong(operation, examples)
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
