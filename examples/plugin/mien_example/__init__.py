"""Parts for mien: a metric and an output format."""
