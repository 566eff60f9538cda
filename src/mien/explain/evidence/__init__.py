"""Explainers: which parts of one input spoke for a label. One file each."""
