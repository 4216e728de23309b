"""Sensorium: apps that see, hear and speak."""
