"""Our values to activity JSON and back. Pure."""
