"""With a real recorder."""
