"""Asks the models ahead of the item loop, judges the answers and folds the run."""
