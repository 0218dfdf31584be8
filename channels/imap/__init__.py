"""Mail that is fetched from mailboxes by IMAP.

`listener.Imap` is the Listener of one mailbox. It works by a cursor of UIDVALIDITY and UID for each folder,
committed in the same transaction as the mails it stands for; flags are never the work list. imapclient runs
in a thread of its own, and is imported only where a mailbox is to be read.
"""
