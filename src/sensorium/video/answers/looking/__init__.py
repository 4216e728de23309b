"""Looking at a film and listening to it, once: what is kept of its frames, its text and its sound."""
