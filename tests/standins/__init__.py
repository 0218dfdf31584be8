"""Stand-ins for Telegram, WhatsApp and an SMS gateway, with their real semantics and knobs for faults.

`telegram.BotApi`, `graph.Graph` and `sms.Gateway` are servers on 127.0.0.1; each has `person(name)`, whose
talks read like transcripts, `faults` ("the next n calls of X do Y"), `calls` (what was asked) and `clock`.
"""
