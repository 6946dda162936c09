"""Arithmetic of the scores: pure functions over the domain types."""
