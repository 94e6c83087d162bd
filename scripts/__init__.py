"""Tools for developing and testing the integration; nothing here is shipped."""
