"""Ways to join what the encoders give. Needs ``mien[train]``; exported graphs run without it."""
