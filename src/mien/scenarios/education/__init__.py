"""A speaker's own rehearsal, and a group as a whole. Nobody else's teaching is judged, and no person of a group is shown."""
