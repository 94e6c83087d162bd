"""A real Home Assistant process, driven over its API; nothing inside is replaced by a double.

Run by `scripts/test e2e`, without the unit tests' harness: it forbids sockets and counts threads.
"""
