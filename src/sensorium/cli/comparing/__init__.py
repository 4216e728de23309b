"""What `sensorium compare` is told in words, as candidates and chains."""
