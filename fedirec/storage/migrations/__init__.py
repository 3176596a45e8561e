"""Numbered SQL files, forward only; read by `storage/migrate.py`."""
