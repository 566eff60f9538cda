"""What has changed in a person's measures against that person's own earlier recordings, and what may be noise."""
