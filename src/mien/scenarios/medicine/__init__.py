"""A person's recordings over time: what has changed against that person's own baseline. No diagnosis, no prediction."""
