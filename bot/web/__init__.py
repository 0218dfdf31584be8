"""The web application: pages, health, metrics, the local mailbox, and the store as the web chat reads it."""
