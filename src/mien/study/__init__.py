"""Studies: compare recipes, tune a recipe, rebuild a benchmark. All of them train with ``training/loop.py``."""
