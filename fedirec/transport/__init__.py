"""Outgoing HTTP: the only room that dials."""
