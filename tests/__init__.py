"""Tests: behaviour through public interfaces, judged by independent tools and public vectors."""
