"""Files: put to the matter they are about, whether they came along or had to be fetched first."""

from __future__ import annotations

from bot.dialogue import events as e
from bot.dialogue.draft import Draft
from bot.dialogue.fields import is_voice
from bot.dialogue.gain import Gain
from bot.dialogue.talk import BOT
from bot.dialogue.turn import FileCame, FileLost, Part, Said


def hear_files(d: Draft, gain: Gain, said: Said) -> None:
    """Put files to the matter in hand; without one they wait for it. What is on its way counts as sent: the
    customer did what was asked."""
    for file in said.lost:
        d.note(
            e.FileMissed(matter=_matter_of(d, file.input), of=file.input, name=file.name, reason=file.reason)
        )
        if file.too_large:
            gain.too_large = True
        else:
            gain.lost = True
    if not said.files and not said.coming:
        return
    seen = [file for file in said.files if not is_voice(file.media_type)]
    coming = [each for each in said.coming if not is_voice(each.media_type)]
    gain.voice = gain.voice or len(seen) + len(coming) < len(said.files) + len(said.coming)
    matter = d.talk.matter if d.talk.matter is not None and d.talk.matter.is_open else None
    late = d.talk.late  # "foto menyusul"
    to = late or matter
    no = to.no if to is not None else 0
    if said.files:
        d.note(e.FilesAdded(matter=no, files=said.files))
    if coming:
        d.note(e.FilesExpected(matter=no, inputs=tuple(each.input for each in coming)))
    for group in said.albums:
        d.note(e.AlbumBegun(group=group, matter=no))
    if seen or coming:  # a voice tells nothing that is known now
        gain.files = True
        gain.late = late is not None
        gain.added = gain.added or late is None


def later_part(d: Draft, part: Part) -> None:
    """What came of an album after it was answered goes where its first part went, silently."""
    no = next((matter for group, matter in reversed(d.talk.albums) if group == part.group), 0)
    if not no and d.talk.matter is not None and d.talk.matter.is_open:
        no = d.talk.matter.no  # it waited for a matter, and there is one now
    if part.files:
        d.note(e.FilesAdded(matter=no, files=part.files))
    if part.coming:
        d.note(e.FilesExpected(matter=no, inputs=tuple(each.input for each in part.coming)))


def adopt_files(d: Draft) -> None:
    """Files that came before there was a matter belong to the first one."""
    matter = d.talk.matter
    if (d.talk.files or d.talk.coming) and matter is not None and matter.is_open:
        d.note(e.FilesAdded(matter=matter.no, files=d.talk.files, adopted=True))


def came(d: Draft, came: FileCame) -> None:
    """A file was fetched: silently put where it belongs. The department that has the ticket gets it, too (see
    `additions`)."""
    d.quiet = True
    no = _matter_of(d, came.input)
    d.note(e.FilesAdded(matter=no, files=(came.file,), of=came.input))


def lost(d: Draft, lost: FileLost) -> None:
    """A file will not come: the customer is asked to send it again, if anybody is there to ask."""
    d.quiet = True
    no = _matter_of(d, lost.input)
    d.note(e.FileMissed(matter=no, of=lost.input, name=lost.name, reason=lost.reason))
    if d.talk.owner == BOT and not d.talk.closed:
        d.say("file_too_large" if lost.too_large else "file_lost")


def _matter_of(d: Draft, input_: int) -> int:
    """The matter that waits for the file, else the one in hand, else the one that has its ticket, else 0."""
    for matter in d.talk.matters:
        if input_ in matter.coming:
            return matter.no
    if input_ in d.talk.coming:
        return 0
    matter_, late = d.talk.matter, d.talk.late
    if matter_ is not None and matter_.is_open:
        return matter_.no
    return late.no if late is not None else 0
