"""What results are measured by. One metric per file; needs ``mien[train]`` for scikit-learn."""
