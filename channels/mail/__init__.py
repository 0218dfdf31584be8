"""Mail, pure: bytes <-> `Message` and `Outbound`. What kind of mail it is, visible text, ids and tokens.

`read` takes any bytes; `write` gives the same bytes for the same `Outbound`. No clock, no network, no memory.
"""

from channels.mail.reading import external_id, read
from channels.mail.writing import Unwritable, return_path, write

__all__ = ["Unwritable", "external_id", "read", "return_path", "write"]
