"""Finished uses of timelines: people over time, a talk, a group. Each has a purpose, and the rules that apply to it."""
