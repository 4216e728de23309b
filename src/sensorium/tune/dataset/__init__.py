"""A data set before it is trained on: what of it would spoil a training, its splits, its preview, its card."""
