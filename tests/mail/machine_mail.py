"""Mail that machines write, and mail by people that looks like it: short specimens written for these tests.

Each names the system whose form it has. `bounce` holds the fields of `Bounce` that it must give.
"""
# ruff: noqa: E501

from __future__ import annotations

from dataclasses import dataclass, field

from tests.mail.samples import mail, with_parts

TO = "To: support@sapa.example"
DAEMON = f"From: Mail Delivery Subsystem <MAILER-DAEMON@mx.example>\nReturn-Path: <>\n{TO}"
OURS = "sapa.abcdefgh1234567890.k1@sapa.example"
RETURNED = f"Content-Type: message/rfc822\n\nFrom: support@sapa.example\nTo: budi@toko.example\nSubject: Re: Gula\nMessage-ID: <{OURS}>\n\nSelamat siang\n"
HEADERS = f"Content-Type: text/rfc822-headers\n\nTo: budi@toko.example\nMessage-ID: <{OURS}>\n"


@dataclass(frozen=True)
class Specimen:
    """`own` are our addresses when it is read; `envelope` the envelope's sender ("" is the null path)."""

    name: str
    raw: bytes
    kind: str
    bounce: dict[str, str] = field(default_factory=dict)
    envelope: str = "somebody@elsewhere.example"


def status(*fields: str) -> str:
    return (
        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
        + "\n\n".join(fields)
        + "\n"
    )


def dsn(subject: str, notice: str, *fields: str, head: str = DAEMON, returned: str = RETURNED) -> bytes:
    return with_parts(
        f"{head}\nSubject: {subject}", "report; report-type=delivery-status",
        f"Content-Type: text/plain; charset=utf-8\n\n{notice}\n", status(*fields), returned,
    )  # fmt: skip


def failed(code: str, words: str, who: str = "budi@toko.example", action: str = "failed") -> str:
    return f"Final-Recipient: rfc822; {who}\nAction: {action}\nStatus: {code}\nDiagnostic-Code: smtp; {words}"


TO_BUDI = {"recipient": "budi@toko.example", "original_message_id": OURS}

BOUNCES = [
    Specimen("Postfix, no such user", dsn("Undelivered Mail Returned to Sender", "This is the mail system at host mx.example.", failed("5.1.1", "550 5.1.1 <budi@toko.example>: Recipient address rejected: User unknown in virtual mailbox table")), "bounce", {**TO_BUDI, "action": "failed", "status": "5.1.1", "cause": "hard"}),
    Specimen("Postfix, mailbox full with a 5", dsn("Undelivered Mail Returned to Sender", "This is the mail system", failed("5.2.2", "552 5.2.2 Over quota")), "bounce", {**TO_BUDI, "cause": "quota"}),
    Specimen("Postfix, delayed", dsn("Delayed Mail (still being retried)", "THIS IS A WARNING ONLY.", failed("4.4.1", "connect to mx[192.0.2.1]: Connection timed out", action="delayed")), "bounce", {**TO_BUDI, "action": "delayed", "cause": "soft", "status": "4.4.1"}),
    Specimen("Postfix, refused as spam with a 5.7", dsn("Undelivered Mail Returned to Sender", "This is the mail system", failed("5.7.1", "554 5.7.1 Service unavailable; Client host [192.0.2.9] blocked using zen.spamhaus.org")), "bounce", {"cause": "policy", "status": "5.7.1"}),
    Specimen("refused as spam with a 5.1.1", dsn("Undelivered Mail Returned to Sender", "This is the mail system", failed("5.1.1", "550 5.1.1 Message rejected as spam by content filtering")), "bounce", {"cause": "policy"}),
    Specimen("greylisted for too long", dsn("Undelivered Mail Returned to Sender", "This is the mail system", failed("4.2.0", "450 4.2.0 Recipient address rejected: Greylisted, see http://postgrey.example")), "bounce", {"cause": "soft"}),
    Specimen("too large", dsn("Undelivered Mail Returned to Sender", "This is the mail system", failed("5.3.4", "552 5.3.4 Message size exceeds fixed limit")), "bounce", {"cause": "policy"}),
    Specimen("the domain does not exist", dsn("Undelivered Mail Returned to Sender", "This is the mail system", failed("5.4.4", "Host or domain name not found. Name service error for name=toko.example type=AAAA: Host not found")), "bounce", {"cause": "hard"}),
    Specimen("two recipients, one delivered", dsn("Undelivered Mail", "x", failed("2.0.0", "250 ok", "ani@toko.example", "delivered"), failed("5.1.1", "550 no such user")), "bounce", {**TO_BUDI, "cause": "hard"}),
    Specimen("a status that says nothing beside one that does", dsn("Undelivered Mail", "x", failed("5.0.0", "550 5.2.1 The email account that you tried to reach is disabled")), "bounce", {"status": "5.2.1", "cause": "hard"}),
    Specimen("the address the mail was written to, not the one behind it", dsn("Undelivered Mail", "x", "Original-Recipient: rfc822; budi@toko.example\nFinal-Recipient: rfc822; b.santoso@internal.example\nAction: failed\nStatus: 5.1.1"), "bounce", TO_BUDI),
    Specimen("fields without a blank line between the recipients", dsn("Undelivered Mail", "x", "Final-Recipient: rfc822; ani@toko.example\nAction: delivered\nStatus: 2.0.0\nFinal-Recipient: rfc822; budi@toko.example\nAction: failed\nStatus: 5.1.1"), "bounce", TO_BUDI),
    Specimen("no blank line before the fields", with_parts(f"{DAEMON}\nSubject: Undelivered", "report; report-type=delivery-status", "Content-Type: text/plain\n\nx\n", "Content-Type: message/delivery-status\nReporting-MTA: dns; mx\nFinal-Recipient: rfc822; budi@toko.example\nAction: failed\nStatus: 5.1.1\n", HEADERS), "bounce", TO_BUDI),
    Specimen("an action RFC 3464 does not know", dsn("Undelivered Mail", "x", failed("5.1.1", "550 unknown", action="expired")), "bounce", {"recipient": "budi@toko.example"}),
    Specimen("RFC 6533, with an address in UTF-8", with_parts(f"{DAEMON}\nSubject: Undelivered", "report; report-type=delivery-status", "Content-Type: text/plain\n\nx\n", "Content-Type: message/global-delivery-status\n\nReporting-MTA: dns; mx\n\nFinal-Recipient: utf-8; büdi@toko.example\nAction: failed\nStatus: 5.1.1\n"), "bounce", {"recipient": "büdi@toko.example"}),
    Specimen("Exchange Online in Indonesian", with_parts(f"From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@sapa.example>\nReturn-Path: <>\n{TO}\nSubject: Tidak dapat dikirim: Re: Gula", "report; report-type=delivery-status", "Content-Type: text/html; charset=utf-8\n\n<p>Pesan Anda ke budi@toko.example tidak dapat dikirim.</p>\n", status(failed("5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup")), RETURNED), "bounce", {**TO_BUDI, "cause": "hard"}),
    Specimen("Exchange Online, refused by rule", dsn("Undeliverable: Re: Gula", "Your message wasn't delivered", failed("5.7.133", "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required"), head=f"From: postmaster@toko.example\n{TO}\nReturn-Path: <>"), "bounce", {"cause": "policy"}),
    Specimen("Gmail, address not found", dsn("Delivery Status Notification (Failure)", "** Address not found **\n\nYour message wasn't delivered to budi@toko.example because the address couldn't be found", failed("5.1.1", "550-5.1.1 The email account that you tried to reach does not exist.")), "bounce", {**TO_BUDI, "cause": "hard"}),
    Specimen("Gmail in Indonesian, without a report", mail(f"From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\n{TO}\nSubject: Delivery Status Notification (Failure)", "** Alamat tidak ditemukan **\n\nPesan Anda tidak terkirim ke budi@toko.example karena alamat tidak dapat ditemukan."), "bounce", {"recipient": "budi@toko.example", "cause": "hard"}),
    Specimen("Gmail, the recipient's inbox is full", dsn("Delivery Status Notification (Failure)", "** Recipient inbox full **", failed("5.2.2", "552-5.2.2 The email account that you tried to reach is over quota.")), "bounce", {"cause": "quota"}),
    Specimen("Exim", mail(f"From: Mail Delivery System <Mailer-Daemon@srv.example>\nX-Failed-Recipients: budi@toko.example\nAuto-Submitted: auto-replied\n{TO}\nSubject: Mail delivery failed: returning message to sender", f"This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  budi@toko.example\n    host mx.toko.example [192.0.2.1]\n    SMTP error from remote mail server after RCPT TO:<budi@toko.example>:\n    550 No Such User Here\n\n------ This is a copy of the message, including all the headers. ------\n\nMessage-ID: <{OURS}>\nTo: budi@toko.example\n"), "bounce", {**TO_BUDI, "cause": "hard"}),
    Specimen("Exim, delayed", mail(f"From: Mail Delivery System <Mailer-Daemon@srv.example>\n{TO}\nSubject: Warning: message 1abcDE-0001 delayed 24 hours", "This message was created automatically by mail delivery software.\nA message that you sent has not yet been delivered to one or more of its\nrecipients after more than 24 hours on the queue on srv.example.\n\nThe address to which the message has not yet been delivered is:\n\n  budi@toko.example\n\nNo action is required on your part. Delivery attempts will continue for\nsome time, and this warning may be repeated."), "bounce", {"action": "delayed", "cause": "soft", "recipient": "budi@toko.example"}),
    Specimen("qmail", mail(f"From: MAILER-DAEMON@toko.example\n{TO}\nSubject: failure notice", f"Hi. This is the qmail-send program at toko.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<budi@toko.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\nMessage-ID: <{OURS}>\n"), "bounce", {**TO_BUDI, "status": "5.1.1", "cause": "hard"}),
    Specimen("qmail behind a person's name", mail(f"From: Toko Budi <info@toko.example>\nReturn-Path: <>\n{TO}\nSubject: failure notice", "Hi. This is the qmail-send program at toko.example.\n\n<budi@toko.example>:\nThe users mailfolder is over the allowed quota (size). (#5.2.2)\n"), "bounce", {"recipient": "budi@toko.example", "cause": "quota"}),
    Specimen("Sendmail of old", mail(f"From: Mail Delivery Subsystem <MAILER-DAEMON@srv.example>\n{TO}\nSubject: Returned mail: User unknown", "The original message was received at Mon, 16 Nov 2026 09:12:00 +0700\nfrom mail [192.0.2.2]\n\n   ----- The following addresses had permanent fatal errors -----\n<budi@toko.example>\n\n   ----- Transcript of session follows -----\n... while talking to mx.toko.example.:\n>>> RCPT To:<budi@toko.example>\n<<< 550 5.1.1 unknown user\n"), "bounce", {"recipient": "budi@toko.example", "status": "5.1.1", "cause": "hard"}),
    Specimen("Yahoo", mail(f"From: MAILER-DAEMON@yahoo.com\n{TO}\nSubject: Failure Notice", "Sorry, we were unable to deliver your message to the following address.\n\n<budi@toko.example>:\n554: delivery error: dd This user doesn't have a yahoo.com account (budi@toko.example) [0]\n\n--- Below this line is a copy of the message.\n"), "bounce", {"recipient": "budi@toko.example", "cause": "hard"}),
    Specimen("Domino", mail(f"From: Postmaster@srv.example\n{TO}\nSubject: DELIVERY FAILURE: User budi (budi@toko.example) not listed in Domino Directory", "Your message\n\n  Subject: Re: Gula\n\nwas not delivered to:\n\n  budi@toko.example\n\nbecause:\n\n  User budi (budi@toko.example) not listed in Domino Directory\n"), "bounce", {"recipient": "budi@toko.example", "cause": "hard"}),
    Specimen("GroupWise", mail(f"From: Mailer-Daemon@groupwise.example\n{TO}\nSubject: Message status - undeliverable", "The message that you sent was undeliverable to the following:\n\tbudi@toko.example (user not found)\n"), "bounce", {"cause": "hard"}),
    Specimen("IMail", mail(f"From: Postmaster <postmaster@srv.example>\nX-Mailer: <SMTP32 v8.0>\n{TO}\nSubject: Undeliverable Mail", "Unknown user: budi@toko.example\n\nOriginal message follows.\n"), "bounce", {"recipient": "budi@toko.example", "cause": "hard"}),
    Specimen("Courier", dsn("NOTICE: mail delivery status.", "This is a delivery status notification from srv.example,\nrunning the Courier mail server.\n\n<budi@toko.example>:\n<<< 550 User unknown.", "Final-Recipient: rfc822; budi@toko.example\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 User <budi@toko.example> unknown"), "bounce", {**TO_BUDI, "cause": "hard"}),
    Specimen("X.400 gateway", mail(f"From: X400-gateway@gov.example\nReturn-Path: <>\n{TO}\nSubject: Non-Delivery Report", "Your message of Mon, 16 Nov 2026 could not be delivered to:\n  S=Budi; O=Toko; C=ID\nReason: unable to transfer, unrecognised OR name (budi@toko.example)\n"), "bounce"),
    Specimen("au by KDDI", mail(f"From: <no-reply@app.dion.example>\n{TO}\nSubject: Pemberitahuan", "Your mail sent on: Mon, 16 Nov 2026 09:12:00 +0900\n     Could not be delivered to: <budi@toko.example>\n     As their mailbox is full.\n"), "bounce", {"recipient": "budi@toko.example", "cause": "quota"}),
    Specimen("docomo", mail(f"From: mail-daemon@docomo.example\n{TO}\nSubject: Returned mail: see transcript for details", "The following address(es) failed:\n<budi@docomo.example>\n550 Unknown user budi@docomo.example\n"), "bounce", {"recipient": "budi@docomo.example", "cause": "hard"}),
    Specimen("Softbank in Japanese", mail(f"From: MAILER-DAEMON@softbank.example\n{TO}\nSubject: Mail System Error - Returned Mail\nContent-Type: text/plain; charset=utf-8", "次のあて先へのメッセージはエラーのため送信できませんでした。\n\n<budi@softbank.example>: 550 Invalid recipient: <budi@softbank.example>\n"), "bounce", {"recipient": "budi@softbank.example", "cause": "hard"}),
    Specimen("Apache James", with_parts(f"From: PostMaster@james.example\n{TO}\nSubject: [BOUNCE]", "mixed", "Content-Type: text/plain\nContent-Disposition: inline\n\nError message below:\n550 - Requested action not taken: no such user here\n\nMessage details:\n  Subject: Re: Gula\n  MAIL FROM: support@sapa.example\n  RCPT TO: budi@toko.example\n", RETURNED), "bounce", {**TO_BUDI, "cause": "hard"}),
    Specimen("Amazon SES", dsn("Delivery Status Notification (Failure)", "An error occurred while trying to deliver the mail to the following recipients:\nbudi@toko.example", failed("5.1.1", "550 5.1.1 user unknown"), head=f"From: MAILER-DAEMON@us-west-2.amazonses.com\n{TO}"), "bounce", TO_BUDI),
    Specimen("Amazon WorkMail", dsn("Undeliverable: Re: Gula", "This is the Amazon WorkMail delivery system.", failed("5.1.1", "recipient does not exist"), head=f"From: Mail Delivery System <postmaster@toko.awsapps.example>\n{TO}"), "bounce", {"cause": "hard"}),
    Specimen("AOL", mail(f"From: Mail Delivery Subsystem <MAILER-DAEMON@aol.example>\n{TO}\nSubject: Mail Delivery Problem", "Your mail to the following recipients could not be delivered because they are not accepting mail from support@sapa.example:\n\tbudi\n"), "bounce", {"cause": "policy"}),
    Specimen("Mail.ru", mail(f"From: mailer-daemon@corp.mail.example\n{TO}\nSubject: Mail failure.\nContent-Type: text/plain; charset=utf-8", "Это письмо создано автоматически сервером.\n\nА message that you sent could not be delivered.\n\n  budi@toko.example\n    user not found\n"), "bounce", {"recipient": "budi@toko.example"}),
    Specimen("a German host", mail(f"From: Mail Delivery System <mailer-daemon@kunden.example>\n{TO}\nSubject: Unzustellbar: Re: Gula\nContent-Type: text/plain; charset=utf-8", "Ihre Nachricht konnte nicht zugestellt werden:\n\n  budi@toko.example\n  Empfänger unbekannt\n"), "bounce", {"recipient": "budi@toko.example", "cause": "hard"}),
    Specimen("a French gateway that answers as somebody", mail(f"From: passerelle@banque.example\n{TO}\nSubject: RE: Tiket SP-2611 : non remis (delivery failed)", "Votre message n'a pas pu etre delivre a\nbudi@toko.example\n\nYour message could not be delivered to\nbudi@toko.example\n"), "bounce", {"recipient": "budi@toko.example"}),
    Specimen("an Indonesian host", mail(f"From: Sistem Email <mail-system@hosting.example>\nReturn-Path: <>\n{TO}\nSubject: Email gagal terkirim: Re: Gula", "Pesan Anda tidak dapat dikirim ke alamat berikut:\n\n  budi@toko.example\n  Kotak surat penerima penuh\n"), "bounce", {"recipient": "budi@toko.example", "cause": "quota"}),
    Specimen("an Indonesian host, the address is unknown", mail(f"From: postmaster@hosting.example\n{TO}\nSubject: Pemberitahuan kegagalan pengiriman", "Email ke budi@toko.example gagal dikirim. Alamat email budi@toko.example tidak ditemukan di server kami.\n"), "bounce", {"recipient": "budi@toko.example", "cause": "hard"}),
    Specimen("InterScan", mail(f"From: postmaster@gateway.example\n{TO}\nSubject: Mail could not be delivered", "Message from InterScan Messaging Security Suite\n\nSent <<< RCPT TO:<budi@toko.example>\nReceived >>> 550 5.1.1 <budi@toko.example>... User unknown\n\nUnable to deliver message to <budi@toko.example>.\n"), "bounce", {"recipient": "budi@toko.example", "cause": "hard"}),
    Specimen("a company's gateway without a name", mail(f"From: \"System Administrator\"@gateway.example\n{TO}\nSubject: Delivery Failure", "Could not deliver message to the following recipient(s):\n\nFailed Recipient: budi@toko.example\nReason: Remote host said: 550 unknown user <budi@toko.example>\n"), "bounce", {"recipient": "budi@toko.example", "cause": "hard"}),
    Specimen("MDaemon", mail(f"From: MDaemon@srv.example\n{TO}\nSubject: Warning: Message delivery failed", "The attached message had PERMANENT fatal delivery errors!\n\nFailed address: budi@toko.example\n\n--- Session Transcript ---\n --> RCPT To:<budi@toko.example>\n <-- 550 Mailbox unavailable\n"), "bounce", {"recipient": "budi@toko.example"}),
    Specimen("Messaging Server", dsn("Delivery Notification: Delivery has failed", "This report relates to a message you sent with the following header fields:\n\n  Message-id: <x@y.example>\n\nYour message cannot be delivered to the following recipients:\n\n  Recipient address: budi@toko.example\n  Reason: unknown user", "Original-recipient: rfc822;budi@toko.example\nFinal-recipient: rfc822;budi@toko.example\nAction: failed\nStatus: 5.1.1 (unknown user)"), "bounce", TO_BUDI),
    Specimen("a bounce wrapped by a virus scanner", with_parts(f"From: postmaster@gateway.example\n{TO}\nSubject: Delivery Status Notification (Failure)", "mixed; report-type=delivery-status", "Content-Type: message/rfc822\n\nFrom: postmaster@gateway.example\nSubject: Delivery Status Notification (Failure)\nContent-Type: multipart/report; report-type=delivery-status; boundary=inner\n\n--inner\nContent-Type: text/plain\n\nfailed\n--inner\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: rfc822; budi@toko.example\nAction: failed\nStatus: 5.1.1\n--inner--\n"), "bounce", {"recipient": "budi@toko.example", "status": "5.1.1"}),
    Specimen("no sender's name but the null path", mail(f"From: <>\nReturn-Path: <>\n{TO}\nSubject: Undeliverable: Re: Gula", f"The user(s) account is temporarily over quota.\n\n<budi@toko.example>\n\nMessage-Id: <{OURS}>\n"), "bounce", {**TO_BUDI, "cause": "quota"}, envelope=""),
    Specimen("our own id is preferred to a gateway's", dsn("Undelivered Mail", f"x\nIn-Reply-To: <{OURS}>", failed("5.1.1", "550 unknown user"), returned="Content-Type: text/rfc822-headers\n\nMessage-ID: <rewritten@gateway.example>\n"), "bounce", {"original_message_id": OURS}),
]  # fmt: skip

PARCEL = "Paket saya gagal dikirim kurir, alamat tidak ditemukan katanya. Padahal alamatnya benar: Jl. Melati 5. Mohon dikirim ulang."

NO_BOUNCES = [
    Specimen("delivered", dsn("Successful Mail Delivery Report", "Your message was successfully delivered", failed("2.0.0", "250 2.0.0 Ok", action="delivered")), "receipt"),
    Specimen("relayed to where no report comes from", dsn("Relayed: Re: Gula", "relayed", failed("2.0.0", "250 ok", action="relayed")), "receipt"),
    Specimen("expanded by a list", dsn("Delivery Status Notification (Expanded)", "expanded", failed("2.1.5", "250 ok", action="expanded")), "receipt"),
    Specimen("deliverable", dsn("Delivery report", "ok", failed("2.1.5", "250 ok", action="deliverable")), "receipt"),
    Specimen("read, as a report", with_parts(f"From: Budi <budi@toko.example>\n{TO}\nSubject: Dibaca: Tiket", "report; report-type=disposition-notification", "Content-Type: text/plain\n\nread\n", "Content-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; budi@toko.example\nDisposition: manual-action/MDN-sent-manually; displayed\n"), "receipt"),
    Specimen("read, as Outlook writes it in Indonesian", mail(f"From: Budi <budi@toko.example>\n{TO}\nSubject: Dibaca: Tiket SP-2611", "Pesan Anda\n\n   Kepada: Sapa\n   Subjek: Tiket SP-2611\n   Terkirim: Senin, 16 November 2026 09.00\n\n telah dibaca pada Senin, 16 November 2026 10.00.\n"), "receipt"),
    Specimen("read, in English", mail(f"From: Budi <budi@toko.example>\n{TO}\nSubject: Read: Ticket", "Your message\n\n    To: Sapa\n    Subject: Ticket\n\n was read on Monday, 16 November 2026 10:00.\n"), "receipt"),
    Specimen("a complaint about spam", with_parts(f"From: feedback@isp.example\nReturn-Path: <>\n{TO}\nSubject: Abuse report", "report; report-type=feedback-report", "Content-Type: text/plain\n\nThis is an email abuse report.\n", "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1\n", RETURNED), "feedback"),
    Specimen("Hotmail's complaint", mail(f"From: staff@hotmail.example\nX-HmXmrOriginalRecipient: budi@toko.example\n{TO}\nSubject: complaint about message from 192.0.2.1", "x"), "feedback"),
    Specimen("Boxbe", with_parts(f"From: Boxbe <noreply@boxbe.com>\nReturn-Path: <>\n{TO}\nSubject: Re: Gula (Action Required)", "report; report-type=delivery-status", "Content-Type: text/plain\n\nYour message to budi@toko.example will be held in his Boxbe waiting list.\n", status(failed("4.7.0", "held by Boxbe", action="delayed"))), "challenge"),
    Specimen("SpamArrest", mail(f"From: Budi <budi@toko.example>\nPrecedence: bulk\n{TO}\nSubject: Re: Gula (verification)", "Budi here, I'm protecting myself from receiving junk mail with Spam Arrest.\nPlease click the link to confirm that you are a human.\n"), "challenge"),
    Specimen("a whitelist that asks", mail(f"From: budi@toko.example\nReturn-Path: <>\n{TO}\nSubject: Please confirm your message", "Your message is being held because you are not on my whitelist. Reply to this message to have it delivered.\n"), "challenge"),
    Specimen("Earthlink", mail(f"From: Budi <budi@earthlink.example>\nReturn-Path: <>\n{TO}\nSubject: Re: Gula", "I apologize for this automatic reply to your email. To control spam I use EarthLink spamBlocker.\n"), "challenge"),
    Specimen("Balasan otomatis", mail(f"From: Budi <budi@toko.example>\n{TO}\nSubject: Balasan otomatis: Tiket SP-2611", "Saya sedang tidak di kantor sampai 20 November."), "auto_reply"),
    Specimen("Jawaban otomatis", mail(f"{TO}\nSubject: Jawaban Otomatis: Tiket", "x"), "auto_reply"),
    Specimen("Sedang cuti", mail(f"{TO}\nSubject: Sedang cuti s.d. 20 November", "x"), "auto_reply"),
    Specimen("Di luar kantor, answering", mail(f"{TO}\nSubject: Re: Di luar kantor", "x"), "auto_reply"),
    Specimen("vacation with nothing but Precedence and the null path", mail(f"Return-Path: <>\nPrecedence: bulk\n{TO}\nSubject: hello", "I am away."), "auto_reply"),
    Specimen("vacation of a colleague whose bounce words are his own", mail(f"Auto-Submitted: auto-replied\n{TO}\nSubject: Automatic reply: Delivery failed", "I am out of office. Your message was not delivered to anybody else."), "auto_reply"),
    Specimen("Gmail's vacation responder", mail(f"Precedence: bulk\nX-Autoreply: yes\nAuto-Submitted: auto-replied\n{TO}\nSubject: Out of office Re: Gula", "x"), "auto_reply"),
    Specimen("a shop's acknowledgement", mail(f"{TO}\nSubject: Terima kasih telah menghubungi kami", "Email Anda sudah kami terima."), "auto_reply"),
    Specimen("passed on by a rule, written by a person", mail(f"Auto-Submitted: auto-forwarded\n{TO}\nSubject: Gula", "Gula saya basah."), "customer"),
    Specimen("junk by SpamAssassin", mail(f"X-Spam-Flag: YES\nX-Spam-Status: Yes, score=12\n{TO}\nSubject: Promo", "x"), "junk"),
    Specimen("not junk by SpamAssassin", mail(f"X-Spam-Flag: NO\nX-Spam-Status: No, score=-1\nX-Spam: no\n{TO}\nSubject: Gula", "x"), "customer"),
    Specimen("junk by rspamd", mail(f"X-Rspamd-Action: add header\n{TO}\nSubject: Promo", "x"), "junk"),
    Specimen("greylisted by rspamd is no junk", mail(f"X-Rspamd-Action: greylist\n{TO}\nSubject: Gula", "x"), "customer"),
    Specimen("junk by Microsoft", mail(f"X-Forefront-Antispam-Report: CIP:192.0.2.1;CTRY:ID;SCL:6;SFV:SPM\n{TO}\nSubject: Promo", "x"), "junk"),
    Specimen("trusted by Microsoft", mail(f"X-MS-Exchange-Organization-SCL: -1\n{TO}\nSubject: Gula", "x"), "customer"),
    Specimen("a list by people about bounces", mail(f"From: Wietse <w@list.example>\nList-Id: <postfix-users.example>\nPrecedence: bulk\n{TO}\nSubject: Undelivered mail returned to sender, why?", "My log says: 550 5.1.1 user unknown (in reply to RCPT TO command). Delivery failed for all. What now?"), "list"),
    Specimen("a list with a quoted bounce", mail(f"From: Wietse <w@list.example>\nList-Id: <postfix-users.example>\nIn-Reply-To: <a@b.example>\n{TO}\nSubject: Re: failure notice", "This is the mail system at host mx.example.\n\nI'm sorry to have to inform you that your message could not be delivered.\n<x@y.example>: 550 5.1.1 user unknown\n\nDoes anybody know this?"), "list"),
    Specimen("a newsletter", mail(f"List-Unsubscribe: <https://x.example>\n{TO}\nSubject: Promo", "x"), "list"),
    Specimen("a bank that takes no answers", mail(f"From: no-reply@bank.example\n{TO}\nSubject: Mutasi rekening", "x"), "list"),
    Specimen("a web form that writes for a customer", mail(f"From: Formulir <no-reply@toko.example>\nReply-To: Sari <sari@pelanggan.example>\n{TO}\nSubject: Pesan dari situs", "Gula saya basah."), "customer"),
    Specimen("too many hops", mail("\n".join(["Received: from a by b; Mon, 16 Nov 2026 09:12:00 +0700"] * 60) + f"\n{TO}\nSubject: Gula", "x"), "own"),
    Specimen("a letter of ours that came back", mail(f"From: Budi <budi@toko.example>\nMessage-ID: <{OURS}>\n{TO}\nSubject: Re: Gula", "x"), "own"),
    # ------------------------------------------------------------------ people who write about deliveries
    Specimen("a parcel that did not arrive", mail(f"{TO}\nSubject: Pengiriman gagal", PARCEL), "customer"),
    Specimen("a parcel that was returned", mail(f"{TO}\nSubject: Returned to sender", "The courier returned my parcel to sender: address unknown, delivery failed twice. Please send it again."), "customer"),
    Specimen("a delivery that failed", mail(f"{TO}\nSubject: Delivery failed, barang tidak sampai", "Kurir tidak datang. Delivery status: failed."), "customer"),
    Specimen("an undelivered order", mail(f"From: Rina <rina@warung.example>\n{TO}\nSubject: Undelivered order INV-2611", "The order was not delivered. Unknown reason, the box was returned."), "customer"),
    Specimen("mail that the customer's own friend did not get", mail(f"{TO}\nSubject: Email saya ditolak", "Saya kirim email ke bagian retur kemarin tapi email saya gagal terkirim. Bagaimana ini? Gula saya basah."), "customer"),
    Specimen("a mailbox full of promotions", mail(f"{TO}\nSubject: Kotak surat saya penuh promo", "Mohon berhenti mengirim promo, mailbox saya penuh."), "customer"),
    Specimen("a returned good", mail(f"{TO}\nSubject: Rejected goods", "We rejected 2 boxes, they were delivered damaged and are returned with the driver."), "customer"),
    Specimen("the delivery department of a customer", mail(f"From: Delivery <delivery@toko.example>\n{TO}\nSubject: Barang kurang", "Barang yang datang kurang 1 dus."), "customer"),
    Specimen("a customer who writes as postmaster", mail(f"From: Budi <postmaster@toko.example>\n{TO}\nSubject: Barang kurang", "Barang yang datang kurang 1 dus."), "customer"),
    Specimen("a customer who attaches a mail", with_parts(f"{TO}\nSubject: Lihat lampiran", "mixed", "Content-Type: text/plain\n\nIni email yang saya terima.\n", RETURNED), "forward"),
    Specimen("a customer who answers a delayed matter", mail(f"In-Reply-To: <{OURS}>\n{TO}\nSubject: Re: [SP-2611-0001] Delivery delayed", "Sudah sampai, terima kasih. Your message was delayed by your mail server?"), "customer"),
    Specimen("a customer who passes a bounce on", mail(f"{TO}\nSubject: Fwd: Undelivered Mail Returned to Sender", "Email saya ke sales ditolak terus, kenapa?\n\n---------- Forwarded message ---------\nFrom: Mail Delivery System <MAILER-DAEMON@mx.example>\nDate: Mon, 16 Nov 2026 09:00\nSubject: Undelivered Mail Returned to Sender\nTo: <sari@pelanggan.example>\n\nThis is the mail system at host mx.example.\n\n<sales@sapa.example>: host mx said: 550 5.1.1 User unknown (in reply to RCPT TO command)\n"), "forward"),
    Specimen("a customer who passes a bounce on in Indonesian", mail(f"{TO}\nSubject: Terusan: Email gagal terkirim", "Mohon dibantu, email ini kembali lagi.\n\n---------- Pesan terusan ----------\nDari: Mail Delivery System <mailer-daemon@mx.example>\nTanggal: Senin, 16 November 2026\nSubjek: Email gagal terkirim\nKepada: sari@pelanggan.example\n\nPesan Anda tidak dapat dikirim: 550 5.1.1 user unknown\n"), "forward"),
    Specimen("a customer who answers a bounce", mail(f"In-Reply-To: <x@mx.example>\n{TO}\nSubject: Re: Undelivered Mail Returned to Sender", "Kenapa email saya ditolak?\n\nOn Mon, 16 Nov 2026 09:00 Mail Delivery System <MAILER-DAEMON@mx.example> wrote:\n> This is the mail system at host mx.example.\n> <sales@sapa.example>: 550 5.1.1 User unknown\n"), "customer"),
    Specimen("a shop that tells of a parcel", mail(f"From: Notifikasi <info@kurir.example>\n{TO}\nSubject: Delivery failed: JX1234", "We could not deliver your parcel JX1234. Reason: address not found. The parcel will be returned to sender."), "customer"),
    Specimen("a customer with a full mailbox", mail(f"{TO}\nSubject: Email saya penuh", "Mailbox saya penuh jadi jawaban Bapak tidak masuk: rina@toko.example. Tolong kirim ulang ke alamat ini."), "customer"),
    Specimen("a question on leave", mail(f"{TO}\nSubject: Cuti bersama apakah buka?", "x"), "customer"),
    Specimen("read me", mail(f"{TO}\nSubject: Read: barang saya rusak", "Tolong dibaca, barang saya rusak."), "customer"),
    Specimen("please confirm", mail(f"{TO}\nSubject: Please confirm my order", "Please confirm that you sent the 2 boxes of oil and verify your invoice number."), "customer"),
]  # fmt: skip
