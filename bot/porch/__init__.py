"""The porch: a process of its own in front of the house, where providers' webhooks are taken in.

A provider waits for its acknowledgement and comes back, slower and slower, when it waits too long; turns,
letters and pages are work for the same interpreter. So `sapa run` starts a small process that accepts all
web connections. What begins like a provider's webhook it takes itself: it proves it genuine, puts it into
the porch's book (an SQLite file of its own), and acknowledges it when it is on the disk. Every other
connection it hands on unread to the house. The house reads the book and does with each call what its own
routes do with a call from outside; a call that comes twice, because somebody was killed in between, is known
by its ids.

`book` is the file, `wire` what the two processes tell each other, `process` the porch itself (it imports no
other room), `keeper` the house's side.
"""
