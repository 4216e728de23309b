"""Questions about films: what a reply holds, and how it comes about."""
