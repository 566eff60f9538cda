"""How far annotators agree, what the truth behind their votes may be, and which labels look wrong. NumPy only."""
