"""The porch before a house: who is let in, who is handed on, and what becomes of what was acknowledged."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from bot.porch.book import Book, Call, Done
from bot.porch.reception import Desk
from bot.porch.wire import News
from channels.gates import Gate, Shown, Signed, is_genuine, may_come_in
from tests.faults.house import porches
from tests.porch.kit import KEYS, LARGEST, SECRET, House, signed, standing
from tests.waiting import until

HEAD = f"POST /hooks/shown HTTP/1.1\r\nHost: x\r\nX-Secret: {SECRET}\r\n".encode()
ONE = HEAD + b"Content-Length: 5\r\n\r\nsiang"


def in_book(folder: Path) -> list[str]:
    book = Book(folder / "porch.db")
    try:
        return [call.body.decode() for _, call in book.read(0, 10_000)]
    finally:
        book.close()


async def test_a_genuine_call_is_acknowledged_and_taken_in_as_it_came(tmp_path: Path) -> None:
    async with standing(tmp_path) as place:
        assert await place.post('{"kata": "siang"}') == 200
        body = b'{"k":"\\u00e9"}'
        answer = await place.client.post(f"{place.url}/hooks/signed", content=body, headers=signed(body))
        assert answer.status_code == 200
        assert answer.headers["connection"] == "close"  # the next on this line may be for the house
        await until(lambda: len(place.house.calls) == 2)
        assert place.house.calls == [("a=1", b'{"kata": "siang"}'), ("", body)]
        await until(lambda: in_book(tmp_path) == [])
        assert place.keeper.health().ok


async def test_many_at_once_are_taken_in_once_each_and_each_sender_in_order(tmp_path: Path) -> None:
    async with standing(tmp_path) as place:

        async def sender(name: int) -> None:
            for n in range(20):
                assert await place.post(f"{name} {n}") == 200

        await asyncio.gather(*(sender(name) for name in range(15)))
        await until(lambda: len(place.house.calls) >= 300)
        told = [tuple(map(int, body.split())) for body in place.house.bodies]
        assert len(set(told)) == len(told) == 300
        for name in range(15):
            assert [n for who, n in told if who == name] == list(range(20))


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/hooks/shown", {}, 403),
        ("/hooks/shown", {"X-Secret": ""}, 403),
        ("/hooks/shown", {"X-Secret": SECRET + "x"}, 403),
        ("/hooks/shown", {"X-Secret": "é"}, 403),
        ("/hooks/signed", {}, 401),
        ("/hooks/signed", {"X-Hub-Signature-256": "sha256=00"}, 401),
        ("/hooks/signed", signed(b"another body"), 401),
        ("/hooks/signed", signed(b"kata", b"another key"), 401),
    ],
)
async def test_who_is_not_the_provider_is_turned_away_and_leaves_nothing(
    tmp_path: Path, path: str, headers: dict[str, str], status: int
) -> None:
    async with standing(tmp_path) as place:
        given = {name.encode(): value.encode() for name, value in headers.items()}
        answer = await place.client.post(f"{place.url}{path}", content=b"kata", headers=given)
        assert answer.status_code == status
        await until(lambda: len(place.house.refused) == 1)  # the channel counts it
        assert in_book(tmp_path) == []
        assert place.house.calls == []


async def test_what_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    async with standing(tmp_path) as place:
        port = int(place.url.rpartition(":")[2])
        for told in (str(LARGEST + 1), "9" * 40, "-1", "zwei"):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(HEAD + f"Content-Length: {told}\r\n\r\n".encode())
            assert (await reader.readline()).split()[1] in (b"413", b"400")
            writer.close()

        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(LARGEST // 10_000 + 2):
            writer.write(b"2710\r\n" + bytes(10_000) + b"\r\n")
        assert (await reader.readline()).split()[1] == b"413"  # although the body has no end
        writer.close()
        assert await place.post("x" * LARGEST) == 200
        assert in_book(tmp_path) == [] or in_book(tmp_path) == ["x" * LARGEST]


async def test_a_flood_of_refused_calls_costs_the_house_little(tmp_path: Path) -> None:
    async with standing(tmp_path) as place:
        loop = asyncio.get_running_loop()
        began = loop.time()
        answers = await asyncio.gather(
            *(place.client.post(f"{place.url}/hooks/shown", content=b"x") for _ in range(300))
        )
        assert {answer.status_code for answer in answers} == {403}
        assert await place.post("siang") == 200
        await until(lambda: place.house.bodies == ["siang"])
        assert 1 <= len(place.house.refused) <= 2 + 5 * (loop.time() - began)


async def test_everybody_else_is_handed_on_with_their_address(tmp_path: Path) -> None:
    async with standing(tmp_path) as place:
        place.house.pages.clear()
        async with httpx.AsyncClient() as browser:
            for n in range(3):
                answer = await browser.get(f"{place.url}/chat/{n}")
                assert answer.text == f"GET /chat/{n} 0"
            assert await place.post("siang") == 200
            assert (await browser.post(f"{place.url}/hooks/shown", content=b"x")).status_code == 403
        assert len(set(place.house.pages)) == 1, "the connection was kept"
        assert place.house.pages[0][0] == "127.0.0.1"
        large = await place.client.post(f"{place.url}/chat", content=b"x" * 3_000_000)
        assert large.text == "POST /chat 3000000"
        assert (await place.client.get(f"{place.url}/hooks/shown")).text == "GET /hooks/shown 0"
        more = await place.client.post(f"{place.url}/hooks/shown/more", headers={"X-Secret": SECRET})
        assert more.text == "POST /hooks/shown/more 0"


async def test_a_provider_whose_first_bytes_come_in_pieces_is_taken_in_by_the_house(tmp_path: Path) -> None:
    async with standing(tmp_path) as place:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(place.url.rpartition(":")[2]))
        for piece in (ONE[:3], ONE[3:11], ONE[11:]):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.05)
        assert (await reader.readline()).split()[1] == b"200"
        writer.close()
        await until(lambda: place.house.bodies == ["siang"])


async def test_a_page_behind_a_webhook_on_the_same_line_is_not_answered_by_the_porch(tmp_path: Path) -> None:
    async with standing(tmp_path) as place:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(place.url.rpartition(":")[2]))
        writer.write(ONE + b"GET /chat HTTP/1.1\r\nHost: x\r\n\r\n")
        told = await reader.read()
        assert told.startswith(b"HTTP/1.1 200")
        assert told.count(b"HTTP/1.1") == 1
        writer.close()


async def test_who_says_nothing_or_hangs_up_holds_nothing_up(tmp_path: Path) -> None:
    async with standing(tmp_path) as place:
        port = int(place.url.rpartition(":")[2])
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(50)]
        half = await asyncio.open_connection("127.0.0.1", port)
        half[1].write(HEAD + b"Content-")
        assert await place.post("siang") == 200
        for _, writer in (*silent, half):
            writer.close()
        assert await place.post("sore") == 200
        await until(lambda: place.house.bodies == ["siang", "sore"])


async def test_what_the_house_cannot_store_waits_and_keeps_its_order(tmp_path: Path) -> None:
    shut = True
    house = House(answers=lambda body: 503 if shut and body in (b"1", b"3") else 200)
    async with standing(tmp_path, house) as place:
        for n in range(5):
            assert await place.post(str(n)) == 200  # the provider does not wait for the house
        await until(lambda: "0" in house.bodies)
        await asyncio.sleep(0.1)
        assert "1" not in house.bodies
        assert "1" in in_book(tmp_path)
        shut = False
        await until(lambda: "4" in house.bodies)
        firsts = sorted(set(house.bodies), key=house.bodies.index)
        assert sorted(firsts) == ["0", "1", "2", "3", "4"]
        assert firsts.index("1") < firsts.index("3"), "those that waited, waited in their order"
        await until(lambda: in_book(tmp_path) == [])


async def test_from_the_first_that_waits_on_all_keep_their_order(tmp_path: Path) -> None:
    shut = True
    house = House(answers=lambda _: 503 if shut else 200)
    async with standing(tmp_path, house) as place:
        for n in range(12):
            assert await place.post(str(n)) == 200
        shut = False
        await until(lambda: len(house.bodies) == 12)
        assert house.bodies == [str(n) for n in range(12)]


async def test_one_that_can_never_be_stored_holds_up_nobody_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.porch.keeper.PAUSE", 0.01)
    monkeypatch.setattr("bot.porch.keeper.ASIDE", 0.3)
    monkeypatch.setattr("bot.porch.keeper.LOOK", 0.1)
    ill = True
    house = House(answers=lambda body: 503 if ill and body == b"beracun" else 200)
    async with standing(tmp_path, house) as place:
        for body in ("satu", "beracun", "dua", "tiga"):
            assert await place.post(body) == 200
        await until(lambda: {"satu", "dua", "tiga"} <= set(house.bodies))
        await until(lambda: in_book(tmp_path) == ["beracun"])
        assert "1 webhooks" in place.keeper.health().detail
        ill = False
        await until(lambda: "beracun" in house.bodies)  # by itself, some time later
        await until(lambda: in_book(tmp_path) == [])
        assert place.keeper.health().ok


async def test_calls_that_wait_for_the_store_are_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.porch.keeper.LATE", 0.1)
    house = House(answers=lambda _: 503)
    async with standing(tmp_path, house) as place:
        assert await place.post("siang") == 200
        await until(lambda: "waited" in place.keeper.health().detail)
        assert not place.keeper.health().ok


async def test_an_app_secret_that_was_changed_meanwhile_takes_nothing_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shut = House(answers=lambda _: 503)
    async with standing(tmp_path, shut) as place:
        old = signed(b"kata", KEYS[1])
        assert (await place.client.post(f"{place.url}/hooks/signed", content=b"kata", headers=old)).is_success
    house = House()
    monkeypatch.setattr("tests.porch.kit.KEYS", KEYS[:1])
    monkeypatch.setattr("tests.porch.kit.SIGNED", Gate("/hooks/signed", LARGEST, Signed(KEYS[:1]), 401))
    async with standing(tmp_path, house):
        await until(lambda: house.bodies == ["kata"])


async def test_a_head_without_an_end_holds_its_place_for_a_while_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.porch.keeper.LONGEST", 0.5)
    async with standing(tmp_path) as place:
        port = int(place.url.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD)
        async with asyncio.timeout(40):
            with suppress(ConnectionError):
                assert await reader.read() == b""
        writer.close()


async def test_what_fails_in_the_house_is_kept_and_tried_again_at_the_next_start(
    tmp_path: Path,
) -> None:
    house = House(answers=lambda body: {b"jelek": 500, b"asing": 401}.get(body, 200))
    async with standing(tmp_path, house) as place:
        for body in ("satu", "jelek", "asing", "dua"):
            assert await place.post(body) == 200
        await until(lambda: sorted(house.bodies) == ["dua", "satu"])
        await until(lambda: in_book(tmp_path) == ["jelek", "asing"])
        health = place.keeper.health()
        assert not health.ok
        assert "2 webhooks" in health.detail
    mended = House()
    async with standing(tmp_path, mended) as place:
        await until(lambda: mended.bodies == ["jelek", "asing"])
        await until(lambda: in_book(tmp_path) == [])
        assert place.keeper.health().ok


async def test_a_killed_porch_is_told_of_and_loses_nothing_that_it_acknowledged(tmp_path: Path) -> None:
    house = House(answers=lambda _: 503)
    async with standing(tmp_path, house) as place:
        for n in range(10):
            assert await place.post(str(n)) == 200
        (porch,) = porches(os.getpid())
        os.kill(porch, signal.SIGKILL)
        with pytest.raises(RuntimeError, match="the porch ended"):
            await place.task
        assert in_book(tmp_path) == [str(n) for n in range(10)]
        assert await place.post("direct") == 200  # the house takes it itself, behind the others
        house.answers = lambda _: 200
        again = asyncio.create_task(place.keeper.run())  # as the supervisor does
        await until(lambda: place.keeper.stands)
        assert await place.post("10") == 200
        await until(lambda: len(house.bodies) == 12)
        assert house.bodies == [*map(str, range(10)), "direct", "10"]
        again.cancel()
        await asyncio.gather(again, return_exceptions=True)
        assert porches(os.getpid()) == []


async def test_while_no_porch_can_stand_the_house_takes_all_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.porch.keeper.sys.executable", "/bin/false")
    async with standing(tmp_path) as place:
        with pytest.raises(RuntimeError, match=r"ended \(1\)"):
            await place.task
        assert (await place.client.get(f"{place.url}/chat")).text == "GET /chat 0"
        assert await place.post("siang") == 200
        await until(lambda: place.house.bodies == ["siang"])
        monkeypatch.undo()
        again = asyncio.create_task(place.keeper.run())
        await until(lambda: place.keeper.stands)
        assert await place.post("sore") == 200
        await until(lambda: place.house.bodies == ["siang", "sore"])
        again.cancel()
        await asyncio.gather(again, return_exceptions=True)


async def test_a_stop_takes_in_what_was_acknowledged(tmp_path: Path) -> None:
    house = House()
    async with standing(tmp_path, house) as place:
        for n in range(30):
            assert await place.post(str(n)) == 200
    assert house.bodies == [str(n) for n in range(30)]
    assert porches(os.getpid()) == []
    assert in_book(tmp_path) == []


class FullBook:
    """A book on a disk that is full for a while."""

    def __init__(self) -> None:
        self.full = True
        self.calls: list[Call] = []
        self.done: list[Done] = []

    def write(self, calls: Sequence[Call], done: Done | None = None) -> None:
        if self.full:
            raise sqlite3.OperationalError("database or disk is full")
        self.calls += calls
        self.done += [done] if done is not None else []


async def test_a_full_disk_acknowledges_nothing_and_is_told() -> None:
    news: list[News] = []
    book = FullBook()
    hears = True

    def tell(one: News) -> bool:
        if hears:
            news.append(one)
        return hears

    desk = Desk(book, tell)  # type: ignore[arg-type]
    call = Call("/hooks/x", b"", (), b"siang")
    desk.strike_out(Done(7))
    for _ in range(2):
        with pytest.raises(OSError, match="full"):
            await desk.keep(call)
    assert [one.fault for one in news] == ["database or disk is full"]
    book.full = False
    hears = False  # it is too busy to hear that all is well: it hears it with the next call
    await desk.keep(call)
    hears = True
    await desk.keep(call)
    assert book.calls == [call, call]
    assert book.done == [Done(7)]
    assert [one.fault for one in news[1:]] == ["", None]
    await desk.close()


def test_no_secret_lets_nobody_in() -> None:
    assert not may_come_in(Gate("/", 1, Shown("x", ""), 403), {"x": ""})
    assert not may_come_in(Gate("/", 1, Shown("x", ""), 403), {})
    gate = Gate("/", 1, Signed((b"",)), 401)
    assert not is_genuine(gate, {k.lower(): v for k, v in signed(b"x", b"").items()}, b"x")
