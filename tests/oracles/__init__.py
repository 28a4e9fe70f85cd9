"""Thin wrappers of the independent tools that judge our output."""
