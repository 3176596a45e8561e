"""The operators' door: one file per command group."""
