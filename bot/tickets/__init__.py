"""Tickets: their number, where they go, and until when an answer is due."""
