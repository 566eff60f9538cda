"""Public data sets as their authors distribute them, read into manifest rows. No data inside."""
