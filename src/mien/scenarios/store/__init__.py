"""What is kept of people over time, on this machine: encrypted if a key is given, with consent, an end, and a log."""
