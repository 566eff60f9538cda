"""What is wrong with a manifest, and what would help it most. Reads headers of files, never whole videos."""
