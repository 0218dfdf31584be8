"""Ticket numbers, routing, working time."""
