"""That commands which read files say of a URL how to get its files, in words that work when they are copied."""

from __future__ import annotations

import shlex

import pytest
from typer.testing import CliRunner

from simgen.cli import app
from simgen.errors import RequestError

COMMANDS = ["verify {}", "export {} --to tracking", "show {}", "view {}", "map {} deer-0000"]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("url", ["file:///data/runs/deer", "s3://bucket/runs/deer"])
def test_a_command_that_reads_files_names_a_url_as_it_was_written(command: str, url: str) -> None:
    done = CliRunner().invoke(app, shlex.split(command.format(url)))
    assert isinstance(done.exception, RequestError)
    assert str(done.exception) == f"{url}: this command reads files; get them first: simgen merge {url} --out DIR"


def test_retry_of_a_store_names_its_url_as_it_was_written() -> None:
    done = CliRunner().invoke(app, ["retry", "file:///data/runs/deer"])
    assert isinstance(done.exception, RequestError)
    assert str(done.exception).startswith("file:///data/runs/deer: of a dataset in a store give the 'simgen run'")
