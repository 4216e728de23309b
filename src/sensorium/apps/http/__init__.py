"""The HTTP server that the apps share."""
