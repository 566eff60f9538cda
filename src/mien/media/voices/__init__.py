"""Tells voices apart, and joins them to faces. What is known of a voice stays in memory and is never written."""
