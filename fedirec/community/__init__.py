"""What members and keepers do here."""
