"""Tests of the room where everything can be checked by a sceptic."""
