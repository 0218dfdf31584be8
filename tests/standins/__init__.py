"""Stand-ins for Telegram, WhatsApp and an SMS gateway, with their real semantics and knobs for faults.

`telegram.BotApi`, `graph.Graph` and `sms.Gateway` are servers on 127.0.0.1; each has `person(name)`, whose
talks read like transcripts, `faults` ("the next n calls of X do Y"), `calls` (what was asked) and `clock`.

    async with BotApi() as api:  # any free port; stop() and start() keep the port and all that is known
        budi = api.person("Budi")
        budi.says("Siang, minyaknya bocor")
        asked = await budi.hears("betul")
        api.faults.next("sendMessage", Lost())
        budi.presses(asked, "Ya, betul")

As a process of its own: `python -m tests.standins.telegram --port 9101`. It is told what people do by POST
/-/do {"person": "Budi", "act": "says", "args": ["halo"]}; GET /-/got?person=Budi and /-/calls tell the rest.
"""
