"""Words for emotions: what a free word means in the seven labels, in valence and arousal, and on emotion wheels."""
