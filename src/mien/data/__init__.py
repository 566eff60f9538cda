"""Turns manifests on disk into batches."""
