"""The database and files: the only room with SQL."""
