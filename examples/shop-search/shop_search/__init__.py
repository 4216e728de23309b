"""A shop's search: its products by words, by a photo, or by both."""

TITLE = "Corner shop"
