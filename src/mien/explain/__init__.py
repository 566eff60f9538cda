"""Explains an answer: what each modality contributed, and which parts of each modality supported it."""
