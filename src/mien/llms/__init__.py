"""Large language models as one more opinion: back ends, one a file, and ``opinion``, what is asked and how answers are read."""
