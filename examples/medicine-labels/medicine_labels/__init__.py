"""Reads aloud what is printed on a medicine label, and says so where it can't tell."""

TITLE = "Medicine labels"
