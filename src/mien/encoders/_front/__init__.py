"""What several encoders share when they prepare their input: tokens, crops, sound."""
