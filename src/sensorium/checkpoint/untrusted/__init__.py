"""What a stranger's checkpoint may hold beside numbers: code, templates and patterns without end."""
