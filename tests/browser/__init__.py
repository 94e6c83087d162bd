"""What a person sees: a real Home Assistant in a real browser. Run by `scripts/test browser`."""
