"""A federated ActivityPub recognition node: endorsements with consent, and job notes."""
