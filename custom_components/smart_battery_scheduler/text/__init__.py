"""Sentences for people: voice, digest, messages, status."""
