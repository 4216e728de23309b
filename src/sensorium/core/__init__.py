"""The currency of the house and the words for it; the standard library alone."""
