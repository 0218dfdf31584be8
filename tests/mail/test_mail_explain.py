"""`sapa mail explain`: one JSON line for each file, whatever the file is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from bot.mail import explained, line, mail_app
from tests.mail.samples import PNG, mail, with_parts

KEYS = [
    "kind", "reason", "from", "from_name", "to", "subject", "message_id", "in_reply_to", "references", "date",
    "language", "text", "quoted", "attachments", "bounce", "forwarded", "warnings",
]  # fmt: skip


def run(*files: Path | str) -> tuple[int, list[dict[str, Any]], str]:
    done = CliRunner().invoke(mail_app, ["explain", *map(str, files)])
    return done.exit_code, [json.loads(each) for each in done.stdout.splitlines()], done.stderr


def test_a_complaint_with_a_photo_is_told_in_full(tmp_path: Path) -> None:
    file = tmp_path / "a.eml"
    file.write_bytes(
        with_parts(
            "From: Sari Dewi <sari@pelanggan.example>\nTo: support@sapa.example\nSubject: Re: Tiket\n"
            "In-Reply-To: <b@sapa.example>\nReferences: <a@sapa.example> <b@sapa.example>",
            "mixed",
            "Content-Type: text/plain\n\nMinyak goreng saya belum datang sampai sekarang.\n\n"
            "Pada Sen, 16 Nov 2026 pukul 09.00 Sapa <support@sapa.example> menulis:\n> Sudah datang?\n",
            f'Content-Type: image/png; name="foto.png"\nContent-Transfer-Encoding: base64\n\n{PNG}\n',
        )
    )
    code, rows, _ = run(file)
    assert code == 0
    assert list(rows[0]) == KEYS
    assert rows[0]["kind"] == "customer"
    assert (rows[0]["from"], rows[0]["from_name"]) == ("sari@pelanggan.example", "Sari Dewi")
    assert rows[0]["to"] == ["support@sapa.example"]
    assert rows[0]["message_id"] == "m1@pelanggan.example"
    assert rows[0]["in_reply_to"] == "b@sapa.example"
    assert rows[0]["references"] == ["a@sapa.example", "b@sapa.example"]
    assert rows[0]["date"] == "2026-11-16T09:12:00+07:00"
    assert rows[0]["language"] == "id"
    assert rows[0]["text"] == "Minyak goreng saya belum datang sampai sekarang."
    assert "> Sudah datang?" in rows[0]["quoted"]
    assert rows[0]["attachments"] == [{"name": "foto.png", "type": "image/png", "size": 15}]
    assert rows[0]["bounce"] is None
    assert rows[0]["forwarded"] is None


def test_what_a_mail_does_not_say_is_null_or_empty(tmp_path: Path) -> None:
    file = tmp_path / "bare"
    file.write_bytes(b"From: a@b.example\nDate: yesterday\n\nhalo")
    _, rows, _ = run(file)
    assert rows[0]["date"] is None
    assert rows[0]["message_id"] == rows[0]["subject"] == rows[0]["in_reply_to"] == ""
    assert "no Message-ID" in rows[0]["warnings"]
    assert rows[0]["kind"] == "customer", "a file without a Return-Path has no null path"


def test_a_null_return_path_is_believed(tmp_path: Path) -> None:
    file = tmp_path / "null"
    file.write_bytes(mail("Return-Path: <>\nSubject: hello", "x"))
    assert run(file)[1][0]["kind"] == "auto_reply"


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_told(tmp_path: Path) -> None:
    good = tmp_path / "good.eml"
    good.write_bytes(mail("Subject: satu", "x"))
    code, rows, said = run(good, tmp_path / "none.eml", tmp_path, good)
    assert code == 1
    assert [row["subject"] for row in rows] == ["satu", "satu"]
    assert "none.eml" in said
    assert str(tmp_path) in said


def test_standard_input_is_a_mail_too() -> None:
    done = CliRunner().invoke(mail_app, ["explain", "-"], input=mail("Subject: dua", "x"))
    assert json.loads(done.stdout)["subject"] == "dua"


def test_no_file_is_wrong_use() -> None:
    assert CliRunner().invoke(mail_app, ["explain"]).exit_code == 2


def test_a_name_that_is_no_utf_8_and_a_terminal_that_knows_ascii_only(tmp_path: Path) -> None:
    """From outside, as scripts call it: the exit code, the streams and nothing but JSON on the one."""
    name = os.fsencode(tmp_path) + b"/\xff.eml"
    Path(os.fsdecode(name)).write_bytes(mail("Subject: gula basah 😖", "basah\u2028sekali"))
    done = subprocess.run(
        [sys.executable, "-c", "from bot.cli import main; main()", "mail", "explain", name, b"/none/\xfe"],
        capture_output=True, check=False, env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    rows = [json.loads(each) for each in done.stdout.decode().splitlines()]
    assert [row["subject"] for row in rows] == ["gula basah 😖"]
    assert rows[0]["text"] == "basah\u2028sekali"
    assert b"/none/" in done.stderr


@settings(max_examples=60)
@given(raw=st.binary(max_size=400) | st.text("=?\r\n:<>@ \x85\u2028aB;/", max_size=400).map(str.encode))
def test_any_bytes_give_one_line(raw: bytes) -> None:
    told = line(explained(raw))
    assert told.endswith(b"\n")
    assert len(told.decode().splitlines()) == 1
    assert list(json.loads(told)) == KEYS


@pytest.mark.parametrize("text", ["\ud800", "\x85", "\u2028", "\u2029"])
def test_no_letter_breaks_the_line(text: str) -> None:
    told = line({"text": text})
    assert len(told.decode().splitlines()) == 1
    assert json.loads(told)["text"] == text
