"""Runs the command line: ``python -m mien`` does the same as ``mien``."""

from __future__ import annotations

from mien.cli import main

main()
