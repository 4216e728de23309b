"""Evaluation of an adapter: the base, the fine-tuned and the few-shot model on examples that the training never saw."""
