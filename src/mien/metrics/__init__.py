"""Metrics, one per file, with NumPy only."""
