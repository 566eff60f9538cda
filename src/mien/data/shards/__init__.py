"""Shards of data tools, and data sets of many shards that are read in a stream, in bounded memory."""
