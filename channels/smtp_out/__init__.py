"""Mail that leaves: through a relay, or into a folder when there is none. Same outbox row, same bytes.

`relay` is the channel, `connections` opens connections and uses them again, `handover` says one mail on one
of them, `signing` adds DKIM; `mailbox` is the folder.
"""

from channels.smtp_out.mailbox import LocalMailbox, mailbox_name
from channels.smtp_out.relay import Relay

__all__ = ["LocalMailbox", "Relay", "mailbox_name"]
