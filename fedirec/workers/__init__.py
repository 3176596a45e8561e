"""The clock door: claims due work and calls the journey it belongs to."""
