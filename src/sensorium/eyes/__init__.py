"""Seeing without a language model; each eye is usable alone."""
