"""Signing in and out, and where to go after it."""
