"""The keepers' pages: how the guild does, what waits, whom it speaks with, how it shows itself."""
