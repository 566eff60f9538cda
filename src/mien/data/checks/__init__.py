"""Checks a manifest for faults, and tells what would improve it most. No sound or video is decoded."""
