"""Tests of the transparency log's public formats against public vectors."""
