"""Bar charts with one series."""
