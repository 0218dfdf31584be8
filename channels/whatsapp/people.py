"""Who is who on WhatsApp: since 2026 a person has a `user_id` of the business's own, and perhaps a phone.

The `user_id` (BSUID, like ID.1234567890) changes with the phone number, a username may hide the phone. Both,
and the id that all numbers of one company share (`parent_user_id`), are aliases of one person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from channels.base import Sender
from channels.whatsapp.values import Json, e164, mapping, word


@dataclass(frozen=True, slots=True)
class Person:
    """The ids Meta gave: `phone` in E.164, `number` as it was written where that is no phone."""

    phone: str = ""
    user_id: str = ""
    parent: str = ""
    number: str = ""
    name: str = ""

    @property
    def thread(self) -> str:
        """Where an answer goes: the phone when it is known, else the user id."""
        return self.phone or self.user_id or self.number or self.parent

    @property
    def ids(self) -> tuple[str, ...]:
        """All ids, the steadiest first."""
        return tuple(
            dict.fromkeys(each for each in (self.user_id, self.phone, self.number, self.parent) if each)
        )

    def sender(self, *, proven_phone: str = "") -> Sender:
        """As the contract has it. WhatsApp vouches for the phone somebody writes from; `proven_phone` is one
        that it let them share."""
        ids = self.ids
        phone = self.phone or proven_phone
        return Sender(
            id=ids[0] if ids else "",
            name=self.name,
            phone=phone,
            claims=tuple(dict.fromkeys((*ids[1:], *((phone,) if phone and phone not in ids else ())))),
            proven=("phone",) if phone else (),
        )


def writer(item: Json, contacts: Sequence[Json]) -> Person:
    """Who wrote a message. Its own fields count; the contact beside it tells the name, and the ids where it
    is the same person or the message names nobody."""
    number, user_id = word(item.get("from")).strip(), word(item.get("from_user_id")).strip()
    return _person(number, user_id, word(item.get("from_parent_user_id")).strip(), contacts)


def recipient(item: Json, contacts: Sequence[Json]) -> Person:
    """Whom a status is about."""
    number, user_id = word(item.get("recipient_id")).strip(), word(item.get("recipient_user_id")).strip()
    return _person(number, user_id, word(item.get("recipient_parent_user_id")).strip(), contacts)


def addressee(item: Json, contacts: Sequence[Json]) -> Person:
    """Whom the business wrote to from its own phone."""
    number, user_id = word(item.get("to")).strip(), word(item.get("to_user_id")).strip()
    return _person(number, user_id, word(item.get("to_parent_user_id")).strip(), contacts)


def _person(number: str, user_id: str, parent: str, contacts: Sequence[Json]) -> Person:
    if not e164(number) and "." in number and not user_id:  # an id in the place of a number
        number, user_id = "", number
    same, other = _matching(number, user_id, contacts)
    if same:
        number = number or word(same.get("wa_id")).strip()
        user_id = user_id or word(same.get("user_id")).strip()
        parent = parent or word(same.get("parent_user_id")).strip()
    named = same or other
    phone = e164(number)
    return Person(
        phone=phone,
        user_id=user_id,
        parent=parent,
        number="" if phone else number,
        name=word(mapping(named.get("profile")).get("name")).strip() if named else "",
    )


def _matching(number: str, user_id: str, contacts: Sequence[Json]) -> tuple[Json | None, Json | None]:
    """The contact that is this person, or else the only one there is."""
    for one in contacts:
        wa_id, known = word(one.get("wa_id")).strip(), word(one.get("user_id")).strip()
        if (number and wa_id == number) or (user_id and known == user_id):
            return one, None
    alone = contacts[0] if len(contacts) == 1 else None
    return (None, alone) if number or user_id else (alone, None)
