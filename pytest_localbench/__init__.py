"""pytest-localbench: benchmark language models on your own tasks, as pytest items."""

__version__ = "0.1.0"
