"""The door: connections are counted before anything is built for them, so that a flood costs little."""

from __future__ import annotations

import asyncio
import ipaddress
import resource
from collections import Counter
from collections.abc import Callable

_FULL = b"421 4.3.2 Too many connections; please try again later\r\n"
_TOO_MANY = b"421 4.7.0 Too many connections from your network; please try again later\r\n"
_SPARE_FILES = 100
"""Open files that the rest of the process may need beside the connections."""


class Crowd:
    """Who is inside: at most `most`, of which `most_each` from one network that is not this machine."""

    def __init__(self, most: int, most_each: int) -> None:
        self.most, self.most_each = most, most_each
        self.inside = 0
        self.turned_away = 0
        self._networks: Counter[str] = Counter()

    def enter(self, network: str) -> bytes:
        """Let one in: empty bytes, or what to tell one who cannot come in."""
        if self.inside >= self.most:
            self.turned_away += 1
            return _FULL
        if network and self._networks[network] >= self.most_each:
            self.turned_away += 1
            return _TOO_MANY
        self.inside += 1
        if network:
            self._networks[network] += 1
        return b""

    def leave(self, network: str) -> None:
        """One who was let in has gone."""
        self.inside -= 1
        if network:
            self._networks[network] -= 1
            if self._networks[network] <= 0:
                del self._networks[network]

    @property
    def tight(self) -> bool:
        """Whether more than half of the places are taken: nobody may then dawdle."""
        return 2 * self.inside > self.most


class Door(asyncio.Protocol):
    """The first protocol of each connection: turns it away, or hands it over to what `admit` makes."""

    def __init__(self, crowd: Crowd, admit: Callable[[str, str], asyncio.Protocol]) -> None:
        self._crowd = crowd
        self._admit = admit

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count it, then turn it away or let it in."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a stream server makes no others
        peer = transport.get_extra_info("peername")
        address = str(peer[0]) if isinstance(peer, tuple) and peer else ""
        network = network_of(address)
        if refusal := self._crowd.enter(network):
            transport.write(refusal)
            transport.close()
            return
        session = self._admit(address, network)
        transport.set_protocol(session)
        session.connection_made(transport)


def network_of(address: str) -> str:
    """What counts as one client: an IPv4 address, an IPv6 /64; empty for this machine, where a mail server
    in front of us may stand."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        else:
            return "" if found.is_loopback else str(ipaddress.ip_network((found, 64), strict=False))
    return "" if found.is_loopback else str(found)


def room_for(wanted: int) -> int:
    """How many connections the limit of open files allows, at most `wanted`; it is raised where it may be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + _SPARE_FILES
    if soft != resource.RLIM_INFINITY and soft < needed:
        try:
            allowed = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
            soft = allowed
        except (OSError, ValueError):
            pass  # what there is must do
    if soft == resource.RLIM_INFINITY:
        return wanted
    return max(min(wanted, soft - _SPARE_FILES), 1)
