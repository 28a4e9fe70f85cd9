"""Tests of the command line: what people type, see and find on their disk."""
