"""What a large language model is asked about a moment, and how its answers become one more opinion."""
