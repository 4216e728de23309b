"""The assistive app."""
