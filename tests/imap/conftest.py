"""One Dovecot for all tests of this folder; tests that kill it start it again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import needs
from tests.imap.dovecot import PRESENT, Dovecot


@pytest.fixture(scope="session")
def _server() -> Iterator[Dovecot]:
    needs("Dovecot", PRESENT)
    server = Dovecot()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def dovecot(_server: Dovecot) -> Dovecot:
    if _server.process is None:
        _server.start()
    return _server
