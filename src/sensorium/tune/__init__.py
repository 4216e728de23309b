"""Teaching a checkpoint: what it learns from, the recipe, the forecast, the training, and the adapter it gives."""
