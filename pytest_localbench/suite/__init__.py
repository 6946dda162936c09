"""The files the user writes, as typed nouns: strict, with file and line in every error."""
