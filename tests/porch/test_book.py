"""The porch's book: what was written is there, in order; what was struck out never comes again."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.porch.book import Book, Call, Done


def calls(*bodies: str) -> list[Call]:
    return [Call("/hooks/x", b"a=1", (("content-type", "application/json"),), one.encode()) for one in bodies]


def bodies(book: Book, after: int = 0) -> list[str]:
    return [call.body.decode() for _, call in book.read(after, 100)]


def test_what_was_written_is_read_by_another_in_order_and_whole(tmp_path: Path) -> None:
    porch, house = Book(tmp_path / "book"), Book(tmp_path / "book")
    porch.write(calls("satu", "dua"))
    porch.write(calls("tiga"))
    assert [call for _, call in house.read(0, 2)] == calls("satu", "dua")
    (number, _) = house.read(0, 2)[-1]
    assert bodies(house, number) == ["tiga"]
    with sqlite3.connect(tmp_path / "book") as look:  # when each came is for who looks into the file
        ages = [time.time() - at for (at,) in look.execute("select at from calls")]
    assert len(ages) == 3
    assert all(0 <= age < 60 for age in ages)
    porch.close()
    house.close()


def test_what_is_done_is_struck_out_but_what_was_put_aside(tmp_path: Path) -> None:
    book = Book(tmp_path / "book")
    book.write(calls("satu", "dua", "tiga", "empat"))
    numbers = [number for number, _ in book.read(0, 10)]
    book.write(calls("lima"), Done(numbers[2], (numbers[1],)))
    assert bodies(book) == ["dua", "empat", "lima"]
    book.close()


def test_no_number_is_given_twice(tmp_path: Path) -> None:
    book = Book(tmp_path / "book")
    book.write(calls("satu"))
    ((first, _),) = book.read(0, 10)
    book.write([], Done(first))
    assert book.read(0, 10) == []
    book.close()
    again = Book(tmp_path / "book")
    again.write(calls("dua"))
    assert bodies(again, first) == ["dua"]
    again.close()


def test_a_write_that_fails_leaves_nothing_of_it(tmp_path: Path) -> None:
    book = Book(tmp_path / "book")
    book.write(calls("satu"))
    with pytest.raises(sqlite3.Error):
        book.write([*calls("dua"), Call("/hooks/x", b"", (), None)])  # type: ignore[arg-type]
    book.write(calls("tiga"))
    assert bodies(book) == ["satu", "tiga"]
    book.close()


@given(st.binary(max_size=300), st.binary(max_size=50), st.text(max_size=50))
def test_any_bytes_come_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, body: bytes, query: bytes, header: str
) -> None:
    book = Book(tmp_path_factory.mktemp("book") / "book")
    header = header.encode("utf-8", "ignore").decode()
    call = Call("/hooks/x", query, (("x-signature", header),), body)
    book.write([call])
    assert [one for _, one in book.read(0, 1)] == [call]
    book.close()
