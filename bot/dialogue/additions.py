"""What came to a matter after its ticket was made and its department told: that is told to it, too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from bot.dialogue import fields
from bot.dialogue.events import Event, FileMissed
from bot.dialogue.talk import Matter, Talk
from bot.dialogue.turn import File
from bot.dialogue.wording import fragment, has
from bot.sop.model import Reader, Sop

_BESIDE = (Reader.PRODUCT, Reader.QUANTITY, Reader.PHOTO)
"""Fields that goods and files answer for."""


class Addition(Struct, frozen=True):
    """What is new of the ticket `number`: (label, value, the value before or "") in the pack's first
    language, files, and the names of files that were on their way and never come."""

    number: str
    department: str
    rows: tuple[tuple[str, str, str], ...] = ()
    files: tuple[File, ...] = ()
    lost: tuple[str, ...] = ()


def additions(before: Talk, after: Talk, events: Iterable[Event], sop: Sop) -> Iterator[Addition]:
    """What a turn - its `events`, the talk before and after - added to tickets that were there before it."""
    missed = [each for each in events if isinstance(each, FileMissed)]
    for matter in before.matters:
        if not matter.number:
            continue
        now = after.matters[matter.no - 1]
        rows = tuple(_rows(before, matter, after, now, sop))
        files = now.files[len(matter.files) :]
        lost = tuple(each.name for each in missed if each.matter == matter.no and each.of in matter.coming)
        if rows or files or lost:
            yield Addition(matter.number, matter.department, rows, files, lost)


def _rows(before: Talk, was: Matter, after: Talk, now: Matter, sop: Sop) -> Iterator[tuple[str, str, str]]:
    if was == now and before.identity == after.identity:
        return
    language = sop.about.languages[0]
    product = next((spec for spec in sop.fields.values() if spec.reader is Reader.PRODUCT), None)
    old, new = (fields.goods_text(matter, sop, language) for matter in (was, now))
    if new and new != old and product is not None:
        yield product.label.in_(language), new, old
    for spec in sop.fields.values():
        old, new = fields.value(before, was, spec), fields.value(after, now, spec)
        if spec.reader not in _BESIDE and new and new != old:
            shown = [fields.shown(spec, each, sop, language) if each else "" for each in (new, old)]
            yield spec.label.in_(language), shown[0], shown[1]
    for kind, text in now.notes[len(was.notes) :]:
        label = f"label_{kind}" if has(sop, f"label_{kind}") else "label_note"
        yield fragment(sop, language, label, {}), text, ""
    for question in now.questions[len(was.questions) :]:
        yield fragment(sop, language, "label_question", {}), question, ""
