"""SPF, DKIM and DMARC asked of the DNS, for who receives mail without a server in front. Off unless wanted.

The libraries (`sapa[mailauth]`) wait for the DNS, so they run in threads of their own, with one deadline for
all questions of a mail. A verdict is a remark on the message; a DNS that does not answer costs no mail.
"""

from __future__ import annotations

import asyncio
import functools
import importlib
import importlib.resources
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from email.utils import getaddresses
from typing import Any, TypeAlias

Lookup: TypeAlias = Callable[[str, str, float], Sequence[Any]]
"""`(name, type, seconds)` -> records: TXT as tuples of bytes, MX as (preference, name), others as text. None
there: an empty list. Raises `TimeoutError` when the DNS does not answer."""

_SIGNATURES = 5
"""Signatures of one mail that are looked at: each costs a question and a calculation."""

log = logging.getLogger(__name__)
_QUIET = logging.getLogger(f"{__name__}.dkim")
_QUIET.setLevel(logging.CRITICAL + 1)  # dkimpy reports each strange signature as an error of ours


class Checks:
    """Judges mails. `patience`: seconds that a mail may wait for its verdicts; `lookup`: the DNS."""

    def __init__(self, *, patience: float = 5.0, threads: int = 4, lookup: Lookup | None = None) -> None:
        for library in ("authheaders", "dkim", "spf"):  # here, so that a missing one is told at the start
            importlib.import_module(library)

        self._patience = patience
        self._lookup = lookup or ask_dns
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="mail-checks")

    async def verdicts(self, raw: bytes, *, address: str, hello: str, sender: str) -> dict[str, str]:
        """By method, as RFC 8601 names the results; never raises, never takes longer than `patience`.

        `address` is the client's, empty when it is not known (SPF is then left out), `hello` what it called
        itself, `sender` the return path, empty for none.
        """
        asked = _Asked(self._lookup, time.monotonic() + self._patience)
        job = functools.partial(_judge, asked, raw, address, hello, sender)
        try:
            async with asyncio.timeout(self._patience):
                return await asyncio.get_running_loop().run_in_executor(self._pool, job)
        except TimeoutError:
            return {"dkim": "temperror", "dmarc": "temperror", **({"spf": "temperror"} if address else {})}
        except Exception:
            log.exception("smtp_in: a mail could not be judged")
            return {}

    def close(self) -> None:
        """Take nothing new; what is being asked ends at its deadline."""
        self._pool.shutdown(wait=False, cancel_futures=True)


class _Asked:
    """The DNS with one deadline for all questions."""

    def __init__(self, lookup: Lookup, deadline: float) -> None:
        self._lookup = lookup
        self._deadline = deadline
        self.unanswered = 0

    def records(self, name: str, kind: str) -> list[Any]:
        left = self._deadline - time.monotonic()
        try:
            if left <= 0:
                raise TimeoutError
            return list(self._lookup(name, kind, left))
        except TimeoutError:
            self.unanswered += 1
            raise

    def text(self, name: bytes | str, timeout: float = 0) -> bytes | None:
        """The first TXT record, as dkimpy asks for it."""
        import dkim  # type: ignore[import-untyped]

        plain = name.decode("ascii", "replace") if isinstance(name, bytes) else name
        try:
            found = self.records(plain.rstrip("."), "TXT")
        except TimeoutError as error:
            raise dkim.DnsTimeoutError(str(error)) from error
        return b"".join(found[0]) if found else None


def _judge(asked: _Asked, raw: bytes, address: str, hello: str, sender: str) -> dict[str, str]:
    found: dict[str, str] = {}
    sent_from = ""
    if address:
        found["spf"], domain = _spf(asked, address, hello, sender)
        sent_from = domain if found["spf"] == "pass" else ""
    found["dkim"], signers = _dkim(asked, raw)
    sure = bool(address) and "temperror" not in found.values()
    if dmarc := _dmarc(asked, raw, sent_from, signers, sure=sure):
        found["dmarc"] = dmarc
    return found


def _spf(asked: _Asked, address: str, hello: str, sender: str) -> tuple[str, str]:
    """The result, and the domain it is about."""
    import spf  # type: ignore[import-untyped]

    class Query(spf.query):  # type: ignore[misc]
        """pyspf with our DNS."""

        def dns(self, name: str, qtype: str, cnames: Any = None, ignore_void: bool = False) -> list[Any]:
            if not name or any(not 0 < len(label) < 64 for label in str(name).rstrip(".").split(".")):
                return []
            try:
                records = asked.records(str(name).rstrip(".").lower(), qtype)
            except TimeoutError as error:
                raise spf.TempError("the DNS does not answer") from error
            if not records and not ignore_void:
                self.void_lookups += 1
                if self.void_lookups > spf.MAX_VOID_LOOKUPS:
                    raise spf.PermError("too many names that are not there")
            return records

    domain = (sender.rpartition("@")[2] or hello).lower()
    if not domain or not domain.isascii():
        return "none", domain
    result = str(Query(i=address, s=sender, h=hello).check()[0])
    return (result if result != "ambiguous" else "permerror"), domain


def _dkim(asked: _Asked, raw: bytes) -> tuple[str, set[str]]:
    """The best result, and the domains whose signature holds."""
    import dkim

    holds: set[str] = set()
    results: list[str] = []
    try:
        mail = dkim.DKIM(raw, logger=_QUIET)
        signatures = [value for name, value in mail.headers if name.lower() == b"dkim-signature"]
    except dkim.DKIMException:
        return "permerror", holds
    for place in range(min(len(signatures), _SIGNATURES)):
        one = dkim.DKIM(raw, logger=_QUIET)
        unanswered = asked.unanswered
        try:
            if one.verify(idx=place, dnsfunc=asked.text):
                holds.add(one.domain.decode("ascii", "replace").lower())
                results.append("pass")
            else:  # the library says no also when nobody gave it the key
                results.append("fail" if asked.unanswered == unanswered else "temperror")
        except dkim.ValidationError:
            results.append("fail")
        except Exception:  # a signature that is none: the library has many ways to say so
            results.append("permerror")
    return next(
        (each for each in ("pass", "temperror", "fail", "permerror") if each in results), "none"
    ), holds


def _dmarc(asked: _Asked, raw: bytes, sent_from: str, signers: set[str], *, sure: bool) -> str:
    """The result; empty when it cannot be told. `sent_from` is the domain that SPF vouches for, `signers`
    those whose signature holds; `sure`: everything that could speak for the sender was asked."""
    import dkim
    from authheaders.dmarc_lookup import DMARCException, answer_to_dict  # type: ignore[import-untyped]

    headers, _ = dkim.rfc822_parse(raw)
    written = [value.decode("utf-8", "replace") for name, value in headers if name.lower() == b"from"]
    authors = {address.rpartition("@")[2].lower() for _, address in getaddresses(written) if "@" in address}
    if len(authors) != 1:
        return "permerror"  # RFC 7489, 6.6.1: nobody, or several
    author = authors.pop()
    try:
        record = ""
        for domain in dict.fromkeys((author, _organisation(author))):
            texts = (
                b"".join(each).decode("utf-8", "replace") for each in asked.records(f"_dmarc.{domain}", "TXT")
            )
            policies = [text for text in texts if text.startswith("v=DMARC1")]
            if policies:
                record = policies[0] if len(policies) == 1 else ""
                break
        if not record:
            return "none"
        tags = answer_to_dict(record)
    except TimeoutError:
        return "temperror"
    except (DMARCException, IndexError):
        return "permerror"
    if "p" not in tags and "rua" not in tags:
        return "none"

    def fits(domain: str, how: str) -> bool:
        if how == "s":
            return domain == author
        return _organisation(domain) == _organisation(author)

    if sent_from and fits(sent_from, tags.get("aspf", "r")):
        return "pass"
    if any(fits(signer, tags.get("adkim", "r")) for signer in signers):
        return "pass"
    return "fail" if sure else ""


@functools.lru_cache(1)
def _suffixes() -> Any:
    from publicsuffix2 import PublicSuffixList  # type: ignore[import-untyped]

    listed = importlib.resources.files("authheaders") / "public_suffix_list.txt"
    with importlib.resources.as_file(listed) as path, path.open(encoding="utf-8") as file:
        return PublicSuffixList(file)


@functools.lru_cache(4096)
def _organisation(domain: str) -> str:
    """The registered domain: `toko.co.id` of `mail.toko.co.id`; of a suffix that nobody listed two labels."""
    found = str(_suffixes().get_public_suffix(domain) or "")
    return found if "." in found else ".".join(domain.split(".")[-2:])


def ask_dns(name: str, kind: str, seconds: float) -> list[Any]:
    """dnspython, with the shape that `Lookup` promises."""
    import dns.exception
    import dns.resolver

    try:
        answer = dns.resolver.resolve(name, kind, lifetime=seconds)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except dns.exception.DNSException as error:
        raise TimeoutError(type(error).__name__) from error
    match kind:
        case "TXT":
            return [record.strings for record in answer]
        case "MX":
            return [(record.preference, str(record.exchange).rstrip(".")) for record in answer]
        case "PTR":
            return [str(record.target).rstrip(".") for record in answer]
        case _:
            return [record.address for record in answer]
