"""The head of Sapa: thinking rooms (sop, understanding, dialogue, tickets), acting rooms around a store."""
