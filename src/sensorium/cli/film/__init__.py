"""What the commands about films share."""
