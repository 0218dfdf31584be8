"""Ears and mouths: wire format to `Inbound`, `Outbound` to wire format. No decisions, no memory, no SQL."""
