"""The SOP pack: its check, its document, the default pack."""
