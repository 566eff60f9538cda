"""What an installation gets: constraints.txt is one that pyproject.toml allows, and both pages show the same commands."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCKED = [line for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines() if line[:1].isalnum()]
PYTHONS = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))


def asked() -> Iterator[Requirement]:
    """All requirements, those of the extras too; not those that name mien itself."""
    extras = PROJECT["optional-dependencies"].values()
    for line in [*PROJECT["dependencies"], *(line for extra in extras for line in extra)]:
        if not line.startswith("mien["):
            yield Requirement(line)


def holds(requirement: Requirement, python: str, system: str) -> bool:
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.9",
        "sys_platform": system,
        "platform_machine": "x86_64" if system == "linux" else "AMD64",
    }
    return requirement.marker is None or requirement.marker.evaluate(environment)


@pytest.mark.parametrize("system", ["linux", "win32"])
@pytest.mark.parametrize("python", PYTHONS)
def test_constraints_name_one_allowed_version_of_everything(python: str, system: str) -> None:
    pins = [pin for pin in map(Requirement, LOCKED) if holds(pin, python, system)]
    versions = {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in pins}
    assert len(versions) == len(pins), "a name is pinned once"
    for need in asked():
        if holds(need, python, system):
            assert need.specifier.contains(versions[canonicalize_name(need.name)]), f"run: make lock; {need}"


def test_constraints_name_no_host() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert re.search(r"://|--|@", text) is None
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+( ; .+)?", line) for line in LOCKED)


def test_everything_has_a_lowest_and_a_highest_version() -> None:
    by_name: dict[str, set[str]] = {}
    for need in asked():
        by_name.setdefault(need.name, set()).update(part.operator for part in need.specifier)
    assert {name: found for name, found in by_name.items() if found not in ({">=", "<"}, {"=="})} == {}


def test_all_promised_pythons_are_new_enough() -> None:
    assert PYTHONS == ["3.11", "3.12", "3.13", "3.14"]
    assert PROJECT["requires-python"] == f">={PYTHONS[0]}"


def test_both_pages_show_the_commands_that_ci_runs() -> None:
    shown = {
        page: dict(
            re.findall(r"in a fresh clone: (\w+) -->\n```sh\n(.+)\n```", (ROOT / page).read_text(encoding="utf-8"))
        )
        for page in ("README.md", "README.zh.md")
    }
    assert shown["README.md"] == shown["README.zh.md"]
    run = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert set(shown["README.md"]) == set(re.findall(r"^as_written (\w+)$", run, re.M)) == {"demo", "tests"}
