"""An S3 server in this process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count

import pytest

BUCKET = "tests"
_NUMBERS = count()


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """Its address. Credentials and address are in the environment, also of processes that tests start."""
    pytest.importorskip("s3fs", reason="needs s3fs: pip install 'simgen[test]'")
    fsspec = pytest.importorskip("fsspec")
    server_of = pytest.importorskip("moto.server", reason="needs moto: pip install 'simgen[test]'")
    server = server_of.ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    ours = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests", "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL_S3": address}
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    fsspec.filesystem("s3", skip_instance_cache=True).mkdir(BUCKET)
    yield address
    for name, value in before.items():
        os.environ.pop(name)
        if value is not None:
            os.environ[name] = value
    server.stop()


@pytest.fixture
def s3(s3_server: str) -> str:
    """URL of an empty place in a bucket."""
    return f"s3://{BUCKET}/{next(_NUMBERS)}/one"
