"""Which purposes are allowed where, and what they oblige to. It informs, and is no legal advice."""
