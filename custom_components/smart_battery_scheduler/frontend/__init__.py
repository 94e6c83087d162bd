"""Serves the card and the dashboard; their JavaScript lies beside."""
