"""What a message says of values without giving them: which it lacks, which of several products it means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from bot.sop.model import Reader
from bot.understanding.heard import Goods
from bot.understanding.products import sized
from bot.understanding.words import FILLERS, words_of

_CALLED: Mapping[Reader, frozenset[str]] = {
    Reader.PHOTO: words_of(
        "foto fotonya photo photos picture pictures gambar gambarnya poto potonya video videonya"
    ),
    Reader.ORDER: words_of("faktur fakturnya invoice invoicenya nota notanya bon bonnya inv receipt"),
    Reader.DELIVERY: words_of("jalan jalannya do"),
    Reader.BATCH: words_of("batch batchnya lot produksi produksinya"),
    Reader.PHONE: words_of("hp hpnya handphone telepon teleponnya telp wa whatsapp phone"),
    Reader.EMAIL: words_of("email emailnya surel"),
    Reader.ADDRESS: words_of("alamat alamatnya address"),
}
"""What customers call a field when they say that they have none."""

_SHORT = 8


def lacking(words: Sequence[str], fields: Mapping[Reader, str]) -> tuple[str, ...]:
    """The fields named in a short message that gives no value, in the order of the table. `fields` are the
    pack's, by what reads them."""
    if len(words) > _SHORT:
        return ()
    said = set(words)
    return tuple(fields[reader] for reader, names in _CALLED.items() if reader in fields and names & said)


def narrowed(
    words: Sequence[str],
    open_: Sequence[str],
    naming: Mapping[str, AbstractSet[str]],
    units: AbstractSet[str],
) -> Goods | None:
    """The one of the products left `open_` whose name has more of a short message's words than any other.

    A unit alone tells nothing: "20 kotak" is a count, though one product is called "kotak".
    """
    if not open_ or len(words) > _SHORT:
        return None
    said = set(sized(words)) - FILLERS - units
    hits = {id_: len(said & naming[id_]) for id_ in open_ if id_ in naming}
    most = max(hits.values(), default=0)
    best = [id_ for id_, count in hits.items() if count == most]
    return Goods(product=best[0]) if most and len(best) == 1 else None
