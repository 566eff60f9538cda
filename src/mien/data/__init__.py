"""From manifests on disk to batches."""
