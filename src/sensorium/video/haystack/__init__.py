"""The haystack test: how well a needle is found in films, and among the pictures of a conversation."""
