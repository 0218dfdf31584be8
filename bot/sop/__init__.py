"""The SOP as data: the model of a pack, its check, and its document."""
