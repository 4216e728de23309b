"""The page that a search writes."""
