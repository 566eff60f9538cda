"""Ways to join the states of the encoders. They need ``mien[train]``; exported graphs run without it."""
