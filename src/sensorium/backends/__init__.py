"""One file a provider; reached through the registry by name."""
