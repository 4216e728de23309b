"""How well a search finds: judged queries, or queries made from the catalogue, and the figures."""
