"""The chat channels around a whole house: wiring, faults, floods."""
