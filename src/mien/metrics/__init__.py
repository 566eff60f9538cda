"""What results are measured by. One metric per file; numpy only."""
