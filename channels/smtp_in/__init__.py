"""Mail that comes in by SMTP or LMTP: 250 only after it is stored, 451 for any trouble of ours.

`intake` is the channel, `door` counts who may come in, `session` speaks the protocol (aiosmtpd) with bounds,
`content` holds one mail while it comes, `checks` asks SPF, DKIM and DMARC where that is switched on.
"""

from channels.smtp_in.intake import Place, SmtpIn

__all__ = ["Place", "SmtpIn"]
