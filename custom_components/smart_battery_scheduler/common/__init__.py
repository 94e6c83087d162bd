"""The ground: HTTP, serialisation, poll intervals, service addresses. Knows nobody."""
