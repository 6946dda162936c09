"""A finished run as text: pure functions of the run document."""
