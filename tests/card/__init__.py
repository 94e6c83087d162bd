"""The card's side of the integration: its line, its files, its modules."""
