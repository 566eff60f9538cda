"""Whole archives: many clips read by several processes into one folder of results, and found there again."""
