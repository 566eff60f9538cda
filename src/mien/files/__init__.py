"""How files of others are opened: one door, with limits."""
