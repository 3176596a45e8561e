"""What peers and their software ask for."""
