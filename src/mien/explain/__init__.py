"""Why an answer is what it is: what each modality contributed, and what inside each of them spoke for it."""
