"""What the backends of Hugging Face checkpoints share: names, loading, prompts, generation, the prefix cache."""
