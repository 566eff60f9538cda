"""Data sets in and out of other tools, one format a file."""
