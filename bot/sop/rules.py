"""What must hold between the parts of a pack: every rule notes its faults in `Parts`, none stops another."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import time
from zoneinfo import ZoneInfo

from bot.sop.model import (
    About,
    Class,
    Day,
    Faq,
    FieldSpec,
    Hours,
    Kind,
    Language,
    Product,
    Route,
    Span,
    Standards,
    Unit,
)
from bot.sop.parts import Parts

URGENT = ("health", "waiting", "public")
"""The urgent facts that cues may point to, as in `bot.understanding.heard.Urgent`."""

COMPLAINT = "complaint"
"""The kind of matter that has classes."""

_CLAUSE = re.compile(r"[A-Z]\d{1,2}[a-c]?")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_BUTTON = 20


def check_all(parts: Parts) -> None:
    """Apply every rule of this module."""
    for about in parts.of("about").values():
        _about(parts, about)
    for kind in parts.of("kinds").values():
        _asked(parts, ("kinds", kind.id), kind)
    for class_ in parts.of("classes").values():
        _class(parts, class_)
    for spec in parts.of("fields").values():
        _field(parts, spec)
    for department in parts.of("departments").values():
        if not _EMAIL.fullmatch(department.email):
            parts.fault(
                "departments", department.id, f"`{department.email}` is not an email address", "email"
            )
    for hours in parts.of("hours").values():
        _hours(parts, hours)
    for standards in parts.of("standards").values():
        _standards(parts, standards)
    for faq in parts.of("faq").values():
        _faq(parts, faq)
    if COMPLAINT not in parts.ids.get("kinds", ()) and ("kinds", "") in parts.places:
        parts.fault("kinds", "", f"the kind `{COMPLAINT}` is missing; the classes belong to it")
    _routing(parts)
    _goods(parts)
    _cues(parts)


def clauses(parts: Parts, where: tuple[str, str], names: Sequence[str], *loc: str | int) -> None:
    """Clause ids have the form of the SOP's table: K5, C4, K2b."""
    for position, name in enumerate(names):
        if not _CLAUSE.fullmatch(name):
            parts.fault(*where, f"`{name}` is not a clause like K5 or K2b", *loc, "clauses", position)


def _about(parts: Parts, about: About) -> None:
    where = ("about", "")
    last = about.revisions[-1] if about.revisions else None
    if last is None:
        parts.fault(*where, "there is no revision; write at least the first issue", "revisions")
    elif about.review_by <= last.on:
        what = f"the review date {about.review_by} must come after the last revision ({last.on})"
        parts.fault(*where, what, "review_by")
    for position, (before, after) in enumerate(itertools.pairwise(about.revisions), 1):
        if after.number <= before.number or after.on < before.on:
            what = f"revision {after.number} must have a higher number and a later date than {before.number}"
            parts.fault(*where, what, "revisions", position)
    if not about.company.site.startswith("https://"):
        parts.fault(*where, "the site must begin with https://", "company", "site")
    if not _EMAIL.fullmatch(about.company.email):
        parts.fault(*where, f"`{about.company.email}` is not an email address", "company", "email")
    if not about.languages:
        parts.fault(*where, "name at least one language: [id, en]", "languages")
    try:
        ZoneInfo(about.timezone)
    except (OSError, ValueError, KeyError):
        what = f"`{about.timezone}` is not a time zone; write Asia/Jakarta, Asia/Makassar or Asia/Jayapura"
        parts.fault(*where, what, "timezone")


def _asked(parts: Parts, where: tuple[str, str], asking: Kind | Class) -> None:
    parts.known("fields", asking.fields, where, "fields")
    parts.known("fields", asking.optional, where, "optional")
    twice = [id_ for id_ in asking.optional if id_ in asking.fields]
    for id_ in twice:
        what = f"`{id_}` is both required and optional; keep one"
        parts.fault(*where, what, "optional", asking.optional.index(id_))
    for key, ids in (("fields", asking.fields), ("optional", asking.optional)):
        for position, id_ in enumerate(ids):
            if id_ in ids[:position]:
                parts.fault(*where, f"`{id_}` stands here twice; keep one", key, position)


def _class(parts: Parts, class_: Class) -> None:
    where = ("classes", class_.id)
    _asked(parts, where, class_)
    clauses(parts, where, class_.clauses)
    for language in ("id", "en"):
        label = class_.button.in_(language)
        if len(label) > _BUTTON:
            what = f"the button `{label}` has {len(label)} characters; at most {_BUTTON} fit"
            parts.fault(*where, what, "button", language)
    for other in parts.of("classes").values():
        if other is class_:
            break
        for language in ("id", "en"):
            if other.button.in_(language).casefold() == class_.button.in_(language).casefold():
                what = f"the button is the same as that of `{other.id}`; customers must tell them apart"
                parts.fault(*where, what, "button", language)


def _field(parts: Parts, spec: FieldSpec) -> None:
    where = ("fields", spec.id)
    parts.known("fields", spec.alternatives, where, "alternatives")
    if spec.id in spec.alternatives:
        parts.fault(*where, "a field is no alternative to itself; remove it", "alternatives")
    if spec.pattern is not None:
        try:
            re.compile(spec.pattern)
        except re.error as error:
            parts.fault(*where, f"the pattern is not a regular expression: {error}", "pattern")


def _faq(parts: Parts, faq: Faq) -> None:
    where = ("faq", faq.id)
    languages: tuple[Language, ...] = ("id", "en")
    for language in languages:
        if not any(example.strip() for example in faq.ask.get(language, ())):
            what = f"no example of asking it in `{language}`; write at least one"
            parts.fault(*where, what, "ask", language)
    _patterns(parts, where, faq.cues, "cues")
    if not re.fullmatch(r"https://[^\s/]+\S*", faq.page):
        what = f"the official page must be a full address that begins with https://, not `{faq.page}`"
        parts.fault(*where, what, "page")


# ----------------------------------------------------------------------------------------------- hours


def _hours(parts: Parts, hours: Hours) -> None:
    where = ("hours", "")
    _week(parts, hours.week, "week")
    if not re.fullmatch(r"[A-Z]{2}", hours.country):
        parts.fault(*where, f"`{hours.country}` is not a country code; write ID for Indonesia", "country")
    elif hours.country != "ID":  # the library of holidays is slow to load, and ID is known to be there
        from holidays.registry import COUNTRIES

        if hours.country not in {codes[1] for codes in COUNTRIES.values()}:
            parts.fault(*where, f"no holidays are known of the country `{hours.country}`", "country")
    for position, special in enumerate(hours.special):
        if special.last < special.first:
            what = f"the last day {special.last} lies before the first {special.first}; change one"
            parts.fault(*where, what, "special", position, "last")
        _week(parts, special.week, "special", position, "week")
        for earlier in hours.special[:position]:
            if special.first <= earlier.last and earlier.first <= special.last:
                what = f"these days overlap with `{earlier.label.id}`; give each day to one of them"
                parts.fault(*where, what, "special", position, "first")


def _week(parts: Parts, week: Mapping[Day, Sequence[Span]], *loc: str | int) -> None:
    if not any(week.values()):
        parts.fault("hours", "", "no day has opening hours; write at least one", *loc)
    for day, spans in week.items():
        end: time | None = None
        for position, span in enumerate(spans):
            if span.to <= span.from_:
                what = f"closing time {span.to:%H:%M} must come after opening time {span.from_:%H:%M}"
                parts.fault("hours", "", what, *loc, day, position, "to")
            if end is not None and span.from_ < end:
                what = f"opens at {span.from_:%H:%M} though the span before ends at {end:%H:%M}; put in order"
                parts.fault("hours", "", what, *loc, day, position, "from")
            end = span.to


def _standards(parts: Parts, standards: Standards) -> None:
    where = ("standards", "")
    if standards.remind_to <= standards.remind_from:
        parts.fault(*where, "`remind_to` must be later than `remind_from`", "remind_to")


# --------------------------------------------------------------------------------------------- routing


def _routing(parts: Parts) -> None:
    routes: list[tuple[str, Route]] = list(parts.of("routing").items())
    for position, (id_, route) in enumerate(routes):
        where = ("routing", id_)
        parts.known("kinds", route.kinds, where, "kinds")
        parts.known("classes", route.classes, where, "classes")
        parts.known("principals", route.principals, where, "principals")
        parts.known("departments", route.to, where, "to")
        parts.known("departments", route.also, where, "also")
        clauses(parts, where, route.clauses)
        if route.to in route.also:
            parts.fault(
                *where, f"`{route.to}` gets it already; remove it here", "also", route.also.index(route.to)
            )
        for other_id, other in routes[:position]:
            if _covers(other, route):
                line = parts.line("routing", other_id)
                what = (
                    f"this rule is never reached: the rule in line {line} takes all of it; move or remove it"
                )
                parts.fault(*where, what)
                break
    if len(routes) < len(parts.ids.get("routing", ())) or not routes:
        return  # a rule with a fault may be the one that is missed below
    rules = [route for _, route in routes]
    kind: Kind
    for kind in parts.of("kinds").values():
        if kind.ticket and kind.id != COMPLAINT:
            _routed(parts, rules, ("kinds", kind.id), kind.id, "")
    for class_ in parts.of("classes").values():
        _routed(parts, rules, ("classes", class_.id), COMPLAINT, class_.id)


def _routed(parts: Parts, rules: Sequence[Route], where: tuple[str, str], kind: str, class_: str) -> None:
    for urgent, said in ((False, ""), (True, " when it is urgent")):
        if not any(route.matches(kind, class_, (), urgent) for route in rules):
            name = class_ or kind
            what = f"no routing rule takes `{name}`{said}; add one without `principals` in departments.yaml"
            parts.fault(*where, what)
            return


def _covers(first: Route, later: Route) -> bool:
    """Whether every matter of `later` is already taken by `first`."""

    def all_of(wide: tuple[str, ...], narrow: tuple[str, ...]) -> bool:
        return not wide or (bool(narrow) and set(narrow) <= set(wide))

    kinds = later.kinds or ((COMPLAINT,) if later.classes else ())
    return (
        all_of(first.kinds, kinds)
        and all_of(first.classes, later.classes)
        and all_of(first.principals, later.principals)
        and first.urgent in (None, later.urgent)
    )


# ----------------------------------------------------------------------------------------------- goods


def _goods(parts: Parts) -> None:
    product: Product
    for product in parts.of("products").values():
        where = ("products", product.id)
        parts.known("principals", product.principal, where, "principal")
        for unit, pieces in product.contents.items():
            if unit not in parts.ids.get("units", ()):
                parts.known("units", unit, where, "contents", unit)
            if pieces < 1:
                parts.fault(*where, f"a {unit} holds at least 1 piece, not {pieces}", "contents", unit)
    called: Iterable[Product] = parts.of("products").values()
    _distinct(parts, "products", "aliases", ((product.id, product.aliases) for product in called))
    counted: Iterable[Unit] = parts.of("units").values()
    _distinct(parts, "units", "spellings", ((unit.id, unit.spellings) for unit in counted))


def _distinct(parts: Parts, section: str, key: str, named: Iterable[tuple[str, Sequence[str]]]) -> None:
    """No word means two things: Sapa could not tell which was meant."""
    taken: dict[str, str] = {}
    for id_, words in named:
        for position, word in enumerate(words):
            if not word.strip():
                parts.fault(section, id_, "an empty entry; remove it", key, position)
            owner = taken.setdefault(" ".join(word.casefold().split()), id_)
            if owner != id_:
                what = f"`{word}` stands for `{owner}` already; one word can mean only one of them"
                parts.fault(section, id_, what, key, position)


def _cues(parts: Parts) -> None:
    where = ("cues", "")
    for cues in parts.of("cues").values():
        for key, known in (
            ("kinds", parts.ids.get("kinds", set())),
            ("classes", parts.ids.get("classes", set())),
            ("urgent", set(URGENT)),
        ):
            for id_, entries in getattr(cues, key).items():
                if id_ not in known:
                    what = f"`{id_}` is not among the {key}; known are: {', '.join(sorted(known))}"
                    parts.fault(*where, what, key, id_)
                short = _is_short(parts, key, id_)
                for position, cue in enumerate(entries):
                    at = (key, id_) if short else (key, id_, position, "patterns")
                    _patterns(parts, where, cue.patterns, *at)


def _is_short(parts: Parts, key: str, id_: str) -> bool:
    """Whether the cues of an id are written as a plain list of patterns."""
    page, _ = parts.places["cues", ""]
    group = page.value.get(key) if isinstance(page.value, dict) else None
    cues = group.get(id_) if isinstance(group, dict) else None
    return isinstance(cues, list) and bool(cues) and isinstance(cues[0], str)


def _patterns(parts: Parts, where: tuple[str, str], patterns: Sequence[str], *loc: str | int) -> None:
    """What the understanding could not compile, in its own words."""
    from bot.understanding.patterns import faults  # late: that package reads this room

    for position, pattern in enumerate(patterns):
        for what in faults([pattern]):
            parts.fault(*where, f"{what}; correct the pattern", *loc, position)
