"""What energy costs: rates, tariffs, sessions."""
