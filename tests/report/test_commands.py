"""``simgen show``, ``view`` and ``map`` as commands: what is asked for is done or refused, nothing is left unsaid."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
import typer

from simgen import cli
from simgen.errors import RequestError


def simgen(*arguments: object) -> None:
    typer.main.get_command(cli.app).main([*map(str, arguments)], prog_name="simgen", standalone_mode=False)


@pytest.mark.parametrize("options, words", [
    (["--strip", "toy-0000", "--ply", "a.ply"], "--ply a.ply: is of frames, and none are named"),
    (["--video", "toy-0000", "--columns", "3"], "--columns 3: is of frames, and none are named"),
    (["000000", "--moments", "3"], "--moments 3: is of a strip"),
    (["000000", "--strip", "toy-0000"], "one of them at a time"),
    (["--video", ""], "has no episode ''"),
])
def test_options_that_would_do_nothing_are_refused(film: Path, options: list[str], words: str) -> None:
    with pytest.raises(RequestError) as error:
        simgen("show", film, *options)
    assert words in str(error.value)


def test_what_cannot_be_written_is_refused_before_something_else_is(film: Path, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="there is no folder"):
        simgen("show", film, "000000", "--out", tmp_path / "a.png", "--ply", tmp_path / "nowhere" / "a.ply")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_over_a_dataset_s_own_picture(film: Path) -> None:
    own = film / "training" / "image_2" / "000000.png"
    before = own.read_bytes()
    for arguments in (("show", film, "000000", "--out", own), ("show", film, "toy-0000", "--out", own),
                      ("show", film, "--strip", "toy-0000", "--out", own), ("view", film, "--save", own),
                      ("map", film, "toy-0000", "--save", own)):
        with pytest.raises(RequestError, match="own files"):
            simgen(*arguments)
    assert own.read_bytes() == before


def test_an_error_of_the_system_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(**_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(cli, "app", full)
    monkeypatch.setattr(cli.signal, "signal", lambda *_: None)          # Ctrl-C stays pytest's
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 1
    assert capsys.readouterr().err.startswith("simgen: No space left on device; ")
