"""Disk: append while running, fold at the end, replace atomically."""
