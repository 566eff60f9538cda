"""Ready-made classifiers of transformers as encoders: what they give are log-probabilities of the task's labels."""
