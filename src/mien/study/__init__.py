"""Studies: compare recipes, tune one, rebuild a benchmark. All train with ``training/loop.py``."""
