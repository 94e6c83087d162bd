"""The base entity and the description tables too long for a platform file."""
