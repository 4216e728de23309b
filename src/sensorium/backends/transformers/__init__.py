"""Checkpoints of Hugging Face transformers, one module a kind of model."""
