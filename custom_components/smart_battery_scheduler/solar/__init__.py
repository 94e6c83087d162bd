"""What the roof will make."""
