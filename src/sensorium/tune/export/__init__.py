"""An adapter after its training."""
