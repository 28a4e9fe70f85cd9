"""Timestamps on checkpoints, by a real authority."""
