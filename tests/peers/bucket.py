"""A server of buckets that speaks S3, on a free port of this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def bucket_server() -> Iterator[str]:
    """Its address."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def new_bucket(server: str, patch: pytest.MonkeyPatch) -> str:
    """The name of an empty bucket there; its credentials are set."""
    import boto3

    for name, value in (("ACCESS_KEY_ID", "x"), ("SECRET_ACCESS_KEY", "x"), ("DEFAULT_REGION", "us-east-1")):
        patch.setenv(f"AWS_{name}", value)
    bucket = f"office-{os.urandom(4).hex()}"
    boto3.client("s3", endpoint_url=server).create_bucket(Bucket=bucket)
    return bucket
