"""The page on which people label the clips of a set."""
