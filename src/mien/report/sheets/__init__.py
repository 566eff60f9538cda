"""Pages that can be printed: tables, sentences, and charts that are drawn here as SVG, so that they need no script."""
