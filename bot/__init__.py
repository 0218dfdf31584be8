"""The head of Sapa: thinking rooms (sop, understanding, dialogue, tickets) and acting rooms around a store."""
