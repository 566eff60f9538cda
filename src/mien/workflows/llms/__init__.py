"""Use cases with a large language model."""
