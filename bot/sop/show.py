"""The pack as a controlled document (W5): Markdown that can be read, printed and signed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from bot.sop.model import Bilingual, Day, Language, Procedure, Route, Sop, Span

_WORDS: Mapping[str, tuple[str, str]] = {
    "number": ("Nomor dokumen", "Document number"),
    "revision": ("Revisi", "Revision"),
    "of": ("tanggal", "of"),
    "review": ("Tinjauan berikutnya", "Next review"),
    "company": ("Perusahaan", "Company"),
    "approved": ("Disahkan oleh", "Approved by"),
    "fingerprint": ("Sidik berkas", "Fingerprint"),
    "purpose": ("Tujuan", "Purpose"),
    "scope": ("Ruang lingkup", "Scope"),
    "definitions": ("Definisi", "Definitions"),
    "references": ("Referensi", "References"),
    "roles": ("Peran", "Roles"),
    "procedures": ("Prosedur", "Procedures"),
    "classes": ("Jenis keluhan", "Classes of complaint"),
    "kinds": ("Jenis keperluan", "Kinds of matter"),
    "departments": ("Bagian", "Departments"),
    "routing": ("Aturan penerusan", "Routing rules"),
    "standards": ("Standar dan jam kerja", "Standards and working hours"),
    "principals": ("Prinsipal dan kriteria klaim", "Principals and claim criteria"),
    "revisions": ("Riwayat revisi", "Revision history"),
    "approval": ("Pengesahan", "Approval"),
    "distribution": ("Daftar distribusi", "Distribution list"),
    "credits": ("Sumber", "Credits"),
    "step": ("No.", "No."),
    "what": ("Langkah", "Step"),
    "role": ("Penanggung jawab", "Responsible"),
    "time": ("Waktu", "Time"),
    "documents": ("Dokumen", "Documents"),
    "clauses": ("Pasal", "Clauses"),
    "class": ("Jenis", "Class"),
    "group": ("Golongan", "Group"),
    "fields": ("Data yang ditanyakan", "Particulars asked"),
    "goes_to": ("Diteruskan ke", "Passed on to"),
    "copies": ("Salinan", "Copies"),
    "answer": ("Jawaban pertama", "First answer"),
    "name": ("Nama", "Name"),
    "head": ("Kepala", "Head"),
    "email": ("Email", "Email"),
    "when": ("Untuk", "For"),
    "urgent": ("mendesak", "urgent"),
    "not_urgent": ("tidak mendesak", "not urgent"),
    "everything": ("semua", "everything"),
    "optional": ("bila ada", "if there is one"),
    "on": ("Tanggal", "Date"),
    "by": ("Oleh", "By"),
    "change": ("Perubahan", "Change"),
    "agreement": ("Perjanjian", "Agreement"),
    "criteria": ("Kriteria", "Criteria"),
    "service": ("pelayanan", "service"),
    "quality": ("mutu produk", "product quality"),
    "mismatch": ("pesanan tidak sesuai", "order mismatch"),
    "kind": ("Keperluan", "Matter"),
    "for": ("Berlaku untuk", "Applies to"),
    "casework": ("Dimulai petugas dari sebuah tiket", "Started by staff from a ticket"),
    "closed": ("tutup", "closed"),
    "holidays": (
        "Libur nasional dan cuti bersama: tutup",
        "Public holidays and collective leave: closed",
    ),
    "remind": ("Pelanggan yang diam diingatkan setelah", "A silent customer is reminded after"),
    "close": (
        "Percakapan ditutup, sejak pengingat, setelah",
        "Conversations are closed, from the reminder, after",
    ),
    "chat": ("obrolan", "chat"),
    "signature": ("Tanda tangan", "Signature"),
    "working": ("Waktu dihitung dalam jam kerja.", "Times are counted within working hours."),
}
_DAYS: Mapping[Day, tuple[str, str]] = {
    "mon": ("Senin", "Monday"),
    "tue": ("Selasa", "Tuesday"),
    "wed": ("Rabu", "Wednesday"),
    "thu": ("Kamis", "Thursday"),
    "fri": ("Jumat", "Friday"),
    "sat": ("Sabtu", "Saturday"),
    "sun": ("Minggu", "Sunday"),
}
_MONTHS = (
    "Januari|Februari|Maret|April|Mei|Juni|Juli|Agustus|September|Oktober|November|Desember",
    "January|February|March|April|May|June|July|August|September|October|November|December",
)
_MARKUP = re.compile(r"([\\`*_\[\]<>|])")


def show(sop: Sop, language: Language) -> str:
    """The whole pack as a Markdown document in `language`: cover, procedures, tables, sources."""
    return "\n".join(_Document(sop, language).lines()) + "\n"


class _Document:
    """The document in one language."""

    def __init__(self, sop: Sop, language: Language) -> None:
        self.sop = sop
        self.language = language

    def word(self, key: str) -> str:
        return _WORDS[key][self.language == "en"]

    def said(self, words: Bilingual) -> str:
        return _plain(words.in_(self.language))

    def lines(self) -> Iterator[str]:
        yield from self.cover()
        about = self.sop.about
        sections: list[tuple[str, Iterable[str]]] = [
            ("purpose", [self.said(about.purpose)]),
            ("scope", [self.said(about.scope)]),
            ("definitions", [f"- **{_plain(k)}**: {self.said(v)}" for k, v in about.definitions.items()]),
            ("references", [f"- {_plain(reference)}" for reference in about.references]),
            ("roles", [f"- {self.said(role.title)}" for role in self.sop.roles.values()]),
            ("procedures", self.procedures()),
            ("kinds", self.kinds()),
            ("classes", self.classes()),
            ("departments", self.departments()),
            ("routing", self.routing()),
            ("standards", self.standards()),
            ("principals", self.principals()),
            ("revisions", self.revisions()),
            ("approval", self.approval()),
            ("distribution", [f"- {_plain(name)}" for name in about.distribution]),
            ("credits", [f"- {_plain(source)}" for source in about.credits]),
        ]
        for number, (key, body) in enumerate(sections, 1):
            yield f"## {number}. {self.word(key)}"
            yield ""
            yield from body
            yield ""

    def cover(self) -> Iterator[str]:
        about = self.sop.about
        last = about.revisions[-1]
        yield f"# {self.said(about.title)}"
        yield ""
        yield f"- {self.word('number')}: {_plain(about.number)}"
        yield f"- {self.word('revision')}: {last.number}, {self.word('of')} {self.day(last.on)}"
        yield f"- {self.word('review')}: {self.day(about.review_by)}"
        yield f"- {self.word('company')}: {_plain(about.company.name)}, {_plain(about.company.address)}"
        yield f"- {self.word('approved')}: {_plain(about.approved_by)}"
        yield f"- {self.word('fingerprint')}: {self.sop.hash[:16]}"
        yield ""

    def procedures(self, number: int = 6) -> Iterator[str]:
        yield self.word("working")
        order = [*self.sop.kinds]
        procedures = sorted(
            self.sop.procedures.values(),
            key=lambda procedure: min(map(order.index, procedure.kinds), default=len(order)),
        )
        for position, procedure in enumerate(procedures, 1):
            yield ""
            yield f"### {number}.{position} {self.said(procedure.title)}"
            yield ""
            yield self.said(procedure.purpose)
            yield ""
            kinds = [self.said(self.sop.kinds[kind].label) for kind in procedure.kinds]
            yield f"{self.word('for')}: {', '.join(kinds)}" if kinds else self.word("casework")
            yield ""
            yield from self.steps(procedure)

    def steps(self, procedure: Procedure) -> Iterator[str]:
        by_id = {step.id: step for step in procedure.steps}
        rows: list[list[str]] = []
        step = procedure.steps[0]
        while True:
            asked = [self.said(self.sop.fields[field].label) for field in step.fields]
            what = self.said(step.title) + (f" ({', '.join(asked)})" if asked else "")
            role = self.said(self.sop.roles[step.role].title)
            documents = ", ".join(_plain(document) for document in step.documents)
            time = self.minutes(step.minutes)
            rows.append([str(len(rows) + 1), what, role, time, documents, ", ".join(step.clauses)])
            if step.next is None:
                break
            step = by_id[step.next]
        yield from _table(
            [self.word(k) for k in ("step", "what", "role", "time", "documents", "clauses")], rows
        )

    def kinds(self) -> Iterator[str]:
        rows = []
        for kind in self.sop.kinds.values():
            procedure = self.said(self.sop.procedure_for(kind.id).title)
            rows.append([self.said(kind.label), procedure, self.fields(kind.fields, kind.optional)])
        yield from _table([self.word(k) for k in ("kind", "procedures", "fields")], rows)

    def classes(self) -> Iterator[str]:
        rows = []
        for class_ in self.sop.classes.values():
            route = next(
                rule for rule in self.sop.routing if rule.matches("complaint", class_.id, (), class_.urgent)
            )
            rows.append(
                [
                    self.said(class_.label),
                    self.word(class_.group),
                    self.fields(class_.fields, class_.optional),
                    self.said(self.sop.departments[route.to].name),
                    self.names(route.also),
                    self.minutes(class_.minutes),
                    ", ".join(class_.clauses),
                ]
            )
        columns = ("class", "group", "fields", "goes_to", "copies", "answer", "clauses")
        yield from _table([self.word(key) for key in columns], rows)

    def departments(self) -> Iterator[str]:
        rows = [
            [self.said(department.name), _plain(department.head), _plain(department.email)]
            for department in self.sop.departments.values()
        ]
        yield from _table([self.word(key) for key in ("name", "head", "email")], rows)

    def routing(self) -> Iterator[str]:
        rows = [
            [
                str(position),
                self.when(rule),
                self.said(self.sop.departments[rule.to].name),
                self.names(rule.also),
                ", ".join(rule.clauses),
            ]
            for position, rule in enumerate(self.sop.routing, 1)
        ]
        yield from _table([self.word(k) for k in ("step", "when", "goes_to", "copies", "clauses")], rows)

    def when(self, rule: Route) -> str:
        said = [self.said(self.sop.kinds[kind].label) for kind in rule.kinds]
        said += [self.said(self.sop.classes[class_].label) for class_ in rule.classes]
        said = [", ".join(said)] if said else []
        said += [_plain(self.sop.principals[principal].name) for principal in rule.principals]
        if rule.urgent is not None:
            said.append(self.word("urgent" if rule.urgent else "not_urgent"))
        return "; ".join(said) or self.word("everything")

    def standards(self) -> Iterator[str]:
        hours, standards = self.sop.hours, self.sop.standards
        yield from self.week(hours.week)
        yield ""
        yield f"- {self.word('holidays')} ({hours.country})"
        yield from (f"- {self.day(day)}: {self.said(why)}" for day, why in sorted(hours.closed.items()))
        for special in hours.special:
            yield ""
            yield f"{self.said(special.label)}, {self.day(special.first)} – {self.day(special.last)}:"
            yield ""
            yield from self.week(special.week)
        yield ""
        for key, chat, email in (
            ("remind", standards.remind_after, standards.email_remind_after),
            ("close", standards.close_after, standards.email_close_after),
        ):
            said = f"{self.minutes(chat)} ({self.word('chat')}), {self.minutes(email)} (email)"
            yield f"- {self.word(key)} {said}"

    def week(self, week: Mapping[Day, Sequence[Span]]) -> Iterator[str]:
        for day, names in _DAYS.items():
            said = ", ".join(f"{span.from_:%H.%M}–{span.to:%H.%M}" for span in week.get(day, ()))
            yield f"- {names[self.language == 'en']}: {said or self.word('closed')}"

    def principals(self) -> Iterator[str]:
        rows = [
            [_plain(principal.name), _plain(principal.agreement), self.said(principal.criteria)]
            for principal in self.sop.principals.values()
        ]
        yield from _table([self.word(key) for key in ("name", "agreement", "criteria")], rows)

    def revisions(self) -> Iterator[str]:
        rows = [
            [str(revision.number), self.day(revision.on), _plain(revision.by), _plain(revision.what)]
            for revision in self.sop.about.revisions
        ]
        yield from _table([self.word(key) for key in ("revision", "on", "by", "change")], rows)

    def approval(self) -> Iterator[str]:
        columns = [self.word(key) for key in ("name", "on", "signature")]
        yield from _table(columns, [[_plain(self.sop.about.approved_by), "", ""]])

    def fields(self, required: Iterable[str], optional: Iterable[str]) -> str:
        said = [self.said(self.sop.fields[field].label) for field in required]
        spare = [self.said(self.sop.fields[field].label) for field in optional]
        return ", ".join([*said, *(f"{label} ({self.word('optional')})" for label in spare)])

    def names(self, departments: Iterable[str]) -> str:
        return ", ".join(self.said(self.sop.departments[id_].name) for id_ in departments)

    def day(self, day: date) -> str:
        return f"{day.day} {_MONTHS[self.language == 'en'].split('|')[day.month - 1]} {day.year}"

    def minutes(self, minutes: int) -> str:
        hours, rest = divmod(minutes, 60)
        if self.language == "en":
            said = [f"{hours} h"] * bool(hours) + [f"{rest} min"] * bool(rest or not hours)
        else:
            said = [f"{hours} jam"] * bool(hours) + [f"{rest} menit"] * bool(rest or not hours)
        return " ".join(said)


def _plain(text: str) -> str:
    """Text of the pack as Markdown shows it unchanged, on one line."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield f"|{' --- |' * len(columns)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
