"""Draws the shipped documents and tasks from a seed: ``python -m benchmarks._make --help``."""
