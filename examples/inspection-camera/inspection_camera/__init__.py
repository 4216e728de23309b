"""An inspection camera: counts, reads, logs, and calls a person where it is out of bounds or unsure."""

TITLE = "Inspection camera"
