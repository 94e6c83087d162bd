"""HTTP, serialisation, poll intervals, service addresses; imports no other package."""
