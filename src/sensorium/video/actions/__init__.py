"""What happens in a clip: its frames asked of any model, and what moves, appears and leaves, without one."""
