"""Readers that turn public data sets, as their authors distribute them, into manifest rows. No data is inside."""
