"""The moments of films where something is seen, and the index of a film that answers the next query."""
