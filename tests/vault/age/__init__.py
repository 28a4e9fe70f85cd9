"""Tests of `vault.age`."""
