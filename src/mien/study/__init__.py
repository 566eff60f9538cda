"""Studies: compare recipes, tune one, rebuild a benchmark, report a training. All train through ``train.py``."""
