"""What holds for the whole integration rather than for one part of it."""
