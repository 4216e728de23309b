"""The scenes of a film, the screens that it shows, and the frames of it that are worth looking at."""
