"""Takes the pictures of the README from a demo office that works: real calls, a real browser, invented weeks behind it.

`python -m tests.pictures` writes docs/images; `python -m tests.pictures FOLDER` writes elsewhere. It opens an office of its
own on free ports with its data in a temporary folder, and needs Chromium and rtpengine, as the tests do.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="svara-pictures-") as name:
        data = Path(name)
        story = _prepared(data)
        from tests.pictures.camera import Camera
        from tests.pictures.phones import office_phones
        from tests.web.browsing import launch

        http, sip = _free(), _free()
        with _office(data, http, sip), office_phones(("127.0.0.1", sip)), sync_playwright() as playwright:
            tone = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
            browser = launch(playwright, *tone, "--autoplay-policy=no-user-gesture-required", "--lang=en-GB")
            Camera(browser, f"http://127.0.0.1:{http}", target).take_all(story)
            browser.close()


def _prepared(data: Path) -> str:
    """A demo office with weeks behind it; gives the id of a call with a long story."""
    _svara("prepare", "--demo", "--data", str(data))
    from svara.cli.installation import open_installation

    open_installation(data)
    from tests.pictures import weeks

    from svara.cli.demo_phones import PLACED_FILE

    story = weeks.lived()
    (data / PLACED_FILE).touch()
    return story


def _svara(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "svara", *arguments], check=True, cwd=ROOT)


@contextmanager
def _office(data: Path, http: int, sip: int) -> Iterator[None]:
    """The office, open."""
    command = [sys.executable, "-m", "svara", "serve", "--demo", "--data", str(data)]
    addresses = ["--http", f"127.0.0.1:{http}", "--sip", f"127.0.0.1:{sip}"]
    log = data / "pictures.log"
    with log.open("w") as out:
        process = subprocess.Popen([*command, *addresses], stdout=subprocess.PIPE, stderr=out, text=True, cwd=ROOT)
        assert process.stdout is not None
        try:
            if not any("svara: ready" in line for line in process.stdout):
                raise RuntimeError(log.read_text())
            yield
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "svara.settings")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    main()
