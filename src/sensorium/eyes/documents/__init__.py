"""What a page says: its fields and their values."""
