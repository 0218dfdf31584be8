"""From the files of a pack to typed parts: which file holds what, and what pydantic says in plain words."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.sop import model
from bot.sop.faults import Fault
from bot.sop.reading import Loc, Page, Plain, read


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the pack: where it stands and what its entries are.

    `key` is the top-level key in its file, "" when the whole file is the section. `keyed` sections are
    mappings from id to entry, and the entry gets its key as `id` when the model has one.
    """

    name: str
    model: type[BaseModel]
    key: str = ""
    keyed: bool = True


SINGLE: Mapping[str, tuple[Section, ...]] = {
    "pack.yaml": (
        Section("about", model.About, "about", keyed=False),
        Section("roles", model.Role, "roles"),
    ),
    "matters.yaml": (
        Section("kinds", model.Kind, "kinds"),
        Section("classes", model.Class, "classes"),
    ),
    "fields.yaml": (Section("fields", model.FieldSpec),),
    "departments.yaml": (
        Section("departments", model.Department, "departments"),
        Section("routing", model.Route, "routing"),
    ),
    "hours.yaml": (
        Section("hours", model.Hours, "hours", keyed=False),
        Section("standards", model.Standards, "standards", keyed=False),
    ),
    "products.yaml": (
        Section("principals", model.Principal, "principals"),
        Section("units", model.Unit, "units"),
        Section("products", model.Product, "products"),
    ),
    "faq.yaml": (Section("faq", model.Faq),),
    "cues.yaml": (Section("cues", model.Cues, keyed=False),),
}
FOLDERS: Mapping[str, Section] = {
    "procedures/": Section("procedures", model.Procedure),
    "wording/": Section("wording", model.Phrase),
}
LISTS = frozenset({"routing"})
_KEYED = frozenset(
    section.model
    for sections in (*SINGLE.values(), tuple(FOLDERS.values()))
    for section in sections
    if section.keyed
)

_KNOWN_MESSAGES = {
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "bool_parsing": "must be true or false",
    "date_from_datetime_parsing": "must be a date like 2026-11-23",
    "date_parsing": "must be a date like 2026-11-23",
    "date_from_datetime_inexact": "must be a date like 2026-11-23, without a time",
    "time_parsing": "must be a time like 08:00",
    "string_too_short": "must not be empty; write the words",
    "too_short": "must have at least one entry",
    "tuple_type": "must be a list: [one, two] or lines that begin with a hyphen",
    "string_type": "must be text",
    "model_type": "must be lines of `key: value`",
    "mapping_type": "must be lines of `key: value`",
    "dict_type": "must be lines of `key: value`",
}


@dataclass(slots=True)
class Parts:
    """All entries that are sound by themselves, all ids that were written, and where each stands.

    An entry with a fault is missing in `entries` but its id is in `ids`, so that one fault is reported once
    and not again by everything that refers to it.
    """

    pages: dict[str, Page] = field(default_factory=dict)
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    ids: dict[str, set[str]] = field(default_factory=dict)
    places: dict[tuple[str, str], tuple[Page, Loc]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def of(self, section: str) -> dict[str, Any]:
        """The sound entries of a section by id (by position for lists)."""
        return self.entries.setdefault(section, {})

    def line(self, section: str, id_: str, *loc: str | int) -> int:
        """The line on which something of an entry stands."""
        page, base = self.places[section, id_]
        return page.line((*base, *loc))

    def fault(self, section: str, id_: str, what: str, *loc: str | int) -> None:
        """Note a fault at `loc` within an entry."""
        page, base = self.places[section, id_]
        self.faults.append(Fault(page.path, page.line((*base, *loc)), what))

    def known(self, section: str, ids: object, where: tuple[str, str], *loc: str | int) -> None:
        """Note a fault for each of `ids` (one id or several) that `section` does not have."""
        several = (ids,) if isinstance(ids, str) else ids
        if not isinstance(several, tuple):
            return
        for position, id_ in enumerate(several):
            if id_ not in self.ids.get(section, ()):
                at = loc if isinstance(ids, str) else (*loc, position)
                here = _suggest(id_, self.ids.get(section, ()))
                self.fault(*where, f"`{id_}` is not among the {section}; {here}", *at)


def gather(files: Mapping[str, str]) -> Parts:
    """Read and validate every file; each entry by itself, so that one fault hides no other."""
    parts = Parts()
    for path in sorted(files):
        folder = next((f for f in FOLDERS if path.startswith(f) and path.endswith(".yaml")), None)
        if path not in SINGLE and folder is None:
            known = ", ".join([*SINGLE, "procedures/*.yaml", "wording/id.yaml", "wording/en.yaml"])
            parts.faults.append(Fault(path, 1, f"not a file of a pack; a pack has {known}"))
            continue
        page = read(path, files[path])
        parts.pages[path] = page
        parts.faults += page.faults
        if page.root is None:
            continue
        if folder:
            _section(parts, page, FOLDERS[folder], page.value, ())
        else:
            _file(parts, page, SINGLE[path])
    for path in SINGLE:
        if path not in files:
            parts.faults.append(Fault(path, 1, "the file is missing; a pack needs it"))
    return parts


def _file(parts: Parts, page: Page, sections: tuple[Section, ...]) -> None:
    if not sections[0].key:
        _section(parts, page, sections[0], page.value, ())
        return
    if not isinstance(page.value, dict):
        parts.faults.append(Fault(page.path, 1, f"must begin with `{sections[0].key}:`"))
        return
    keys = [section.key for section in sections]
    for key in page.value:
        if key not in keys:
            what = f"unknown key `{key}`; {_suggest(key, keys)}"
            parts.faults.append(Fault(page.path, page.line((key,)), what))
    for section in sections:
        if section.key in page.value:
            _section(parts, page, section, page.value[section.key], (section.key,))
        else:
            parts.faults.append(Fault(page.path, 1, f"`{section.key}:` is missing; add it"))


def _section(parts: Parts, page: Page, section: Section, value: Plain, base: Loc) -> None:
    name = section.name
    if name == "wording":
        name = f"wording/{page.path.removeprefix('wording/').removesuffix('.yaml')}"
    entries = parts.of(name)
    ids = parts.ids.setdefault(name, set())
    if not section.keyed:
        _entry(parts, page, section, name, "", value, base)
        return
    items: list[tuple[str, Plain, Loc]]
    if isinstance(value, list) and name in LISTS:
        items = [(str(position), item, (*base, position)) for position, item in enumerate(value)]
    elif isinstance(value, dict) and name not in LISTS:
        items = [(key, item, (*base, key)) for key, item in value.items()]
    else:
        shape = "a list of lines that begin with a hyphen" if name in LISTS else "lines of `id: ...`"
        parts.faults.append(Fault(page.path, page.line(base), f"the {name} must be {shape}"))
        return
    for id_, item, loc in items:
        if id_ in ids:
            first, at = parts.places[name, id_]
            what = f"`{id_}` stands already in {first.path} line {first.line(at)}; keep one"
            parts.faults.append(Fault(page.path, page.line(loc), what))
            continue
        ids.add(id_)
        if name in LISTS or "id" not in section.model.model_fields:
            _entry(parts, page, section, name, id_, item, loc)
        elif not isinstance(item, dict):
            parts.places[name, id_] = (page, loc)
            parts.fault(name, id_, "must be lines of `key: value`, indented below it")
        elif "id" in item:
            parts.places[name, id_] = (page, loc)
            parts.fault(name, id_, f"the id is `{id_}` already; remove the line `id:`", "id")
        else:
            _entry(parts, page, section, name, id_, {"id": id_, **item}, loc)
    if not entries and not items:
        parts.faults.append(Fault(page.path, page.line(base), f"there are no {name}; write at least one"))


def _entry(parts: Parts, page: Page, section: Section, name: str, id_: str, value: Plain, loc: Loc) -> None:
    parts.places[name, id_] = (page, loc)
    parts.ids.setdefault(name, set()).add(id_)
    try:
        parts.of(name)[id_] = section.model.model_validate(_spelled_out(section.model, value))
    except ValidationError as error:
        for details in error.errors(include_url=False):
            parts.fault(name, id_, _in_words(section.model, id_, details), *details["loc"])


def _spelled_out(kind: type[BaseModel], value: Plain) -> Any:
    """Shorthands: a phrase may be a text or a list of texts; a list of patterns is one cue of weight 1."""
    if kind is model.Phrase:
        if not isinstance(value, dict):
            return {"chat": _as_list(value)}
        return {medium: _as_list(said) for medium, said in value.items()}
    if kind is model.Cues and isinstance(value, dict):
        return {
            key: {id_: _as_cues(cues) for id_, cues in group.items()}
            if isinstance(group, dict) and key != "slang"
            else group
            for key, group in value.items()
        }
    return value


def _as_list(value: Plain) -> Plain:
    return [value] if isinstance(value, str) else value


def _as_cues(cues: Plain) -> Plain:
    if isinstance(cues, list) and cues and all(isinstance(cue, str) for cue in cues):
        return [{"patterns": cues}]
    return cues


def _in_words(kind: type[BaseModel], id_: str, details: ErrorDetails) -> str:
    loc = tuple(part for part in details["loc"] if part != "[key]")
    name = str(loc[-1]) if loc else id_
    code, given = details["type"], details["input"]
    if code == "extra_forbidden":
        if given is None:
            return f"`{name}` looks like the rest of a text with a comma; put the whole text in quotes"
        return f"unknown key `{name}`; {_suggest(name, _keys(kind, loc[:-1]))}"
    if code == "missing":
        if name in ("id", "en") and isinstance(given, dict) and set(given) & {"id", "en"}:
            other = "Indonesian" if name == "id" else "English"
            return f"the {other} words are missing; add `{name}: ...`"
        return f"`{name}` is missing; add it"
    label = f"`{name}`" if isinstance(loc[-1] if loc else id_, str) else f"entry {int(name) + 1}"
    if given is None:
        return f"{label} is empty; write a value or remove the line"
    if code in ("enum", "literal_error"):
        return f"{label} must be {details['ctx']['expected']}, not `{given}`"
    if code == "string_pattern_mismatch":
        if name == "id" or details["ctx"]["pattern"] == r"^[a-z][a-z0-9_]{0,39}$":
            return f"`{given}` is not an id: small letters, digits and _ only, a letter first, at most 40"
        return f"{label} must look like {details['ctx']['pattern']}, not `{given}`"
    if code == "model_type" and details.get("ctx", {}).get("class_name") == "Bilingual":
        return f"{label} must be in both languages: {{id: ..., en: ...}}"
    known = _KNOWN_MESSAGES.get(code)
    if known:
        return f"{label} {known}" + (f", not `{given}`" if isinstance(given, str) and given else "")
    said = details["msg"].removeprefix("Input should be ")
    return f"{label} must be {said}" + (f", not `{given}`" if isinstance(given, str) else "")


def _keys(kind: type[BaseModel], loc: Loc) -> list[str]:
    """The keys that may stand at `loc` within a model: aliases where a field has one."""
    at: Any = kind
    for part in loc:
        if isinstance(at, type) and issubclass(at, BaseModel):
            found = next((f for n, f in at.model_fields.items() if part in (n, f.alias)), None)
            at = found.annotation if found else None
        else:
            inner = [arg for arg in get_args(at) if arg is not Ellipsis]
            at = inner[-1] if inner and get_origin(at) else None
    if isinstance(at, type) and issubclass(at, BaseModel):
        fields = at.model_fields.items()
        return [found.alias or name for name, found in fields if name != "id" or at not in _KEYED]
    return []


def _suggest(word: str, known: Any) -> str:
    words = sorted(known)
    near = difflib.get_close_matches(word, words, 1)
    if near:
        return f"did you mean `{near[0]}`?"
    if not words:
        return "remove it"
    return "known are: " + ", ".join(words[:20]) + (" ..." if len(words) > 20 else "")
