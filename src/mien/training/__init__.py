"""Training: the loop, its step, objectives, optimizer, devices, checkpoints and records."""
