"""Explainers, one in each file: they find which parts of one input supported a label."""
