"""The steps of a conversation, one module for each kind; the pack says which come, and in which order."""
