"""Tests of what mirrors this folder in the source."""
