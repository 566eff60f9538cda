"""What the loop is made of: what a step minimises, what learns how fast, what is run once, where, and what is kept on disk."""
