"""Files to parts and parts to pixels."""
