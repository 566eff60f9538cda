"""What several encoders share in front of their networks: tokens, crops, sound."""
