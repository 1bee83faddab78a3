"""The content of a file that a user names: a path, perhaps with ``~``, a pipe or ``-``, packed or not."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import stat
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from market.errors import InputError

MOST_BYTES = 1 << 30
"""Most bytes that a file may hold, packed or not: some ten years of bars of a minute take a third of it."""
PARQUET = b"PAR1"
_DEEPEST = 3
"""How many packings may be inside one another."""
_piped: dict[tuple[int, int], bytes] = {}
"""What pipes held, by device and inode: a pipe can be read once only, and its content is wanted more than once."""


@dataclass(frozen=True)
class Content:
    """Bytes of a file without their packing, and a sentence for each packing that was taken off."""

    path: Path
    data: bytes
    repairs: tuple[str, ...]


def located(name: str | Path) -> Path:
    """Return the path that a user means: ``~`` is the home folder, and ``-`` is the standard input."""
    text = str(name)
    return Path("/dev/stdin" if text == "-" else os.path.expanduser(text))  # noqa: PTH111 - pathlib's raises for ~nobody


def exists(path: Path) -> bool:
    """Return whether something other than a folder is there: a file, a pipe or a device."""
    try:
        return path.exists() and not path.is_dir()
    except (OSError, ValueError):  # a name too long for the system, or with a zero byte in it
        return False


def read_content(path: Path, allowed: str) -> Content:
    """Read a file and take off gz, bz2, xz and zip (of one file), which are told by their first bytes.

    Raises
    ------
    InputError
        no such file, not readable, damaged packing, a zip of several files, or more than `MOST_BYTES`. One line that
        ends with `allowed`.
    """
    path = located(path)
    data, repairs = _read(path, allowed), []
    for _ in range(_DEEPEST):
        name = next((name for magic, name in _MAGIC.items() if data.startswith(magic)), None)
        if name is None:
            break
        data = _unpack(path, name, data)
        repairs.append(f"unpacked from {name}")
    if not data.strip():
        raise InputError(f"{path}: empty; allowed: {allowed}")
    return Content(path, data, tuple(repairs))


def decode(content: Content, allowed: str) -> str:
    """Return content as text: UTF-8, with or without a byte order mark, or UTF-16 with one.

    Raises
    ------
    InputError
        other bytes than text.
    """
    wide = content.data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = content.data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{content.path}: not UTF-8 text; allowed: {allowed}") from None
    if "\0" in text:
        raise InputError(f"{content.path}: not text, it holds zero bytes; allowed: {allowed}")
    return text


def _read(path: Path, allowed: str) -> bytes:
    try:
        state = path.stat()
        key = (state.st_dev, state.st_ino)
        if key in _piped and not stat.S_ISREG(state.st_mode):
            return _piped[key]
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; allowed: {allowed}") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); allowed: {allowed}") from None
    except ValueError:  # a zero byte in the name
        raise InputError(f"{str(path)!r}: no such file; allowed: {allowed}") from None
    _check_size(path, data)
    if not stat.S_ISREG(state.st_mode):
        _piped[key] = data
    return data


def _check_size(path: Path, data: bytes) -> None:
    if len(data) > MOST_BYTES:
        raise InputError(f"{path}: more than {MOST_BYTES >> 20} MiB; allowed: at most that, packed and unpacked")


def _unpack(path: Path, name: str, data: bytes) -> bytes:
    try:
        unpacked = _UNPACK[name](data)
    except (
        OSError,
        EOFError,
        zlib.error,
        lzma.LZMAError,
        zipfile.BadZipFile,
        NotImplementedError,
        RuntimeError,
    ) as why:
        raise InputError(f"{path}: damaged or locked {name} ({why}); allowed: a whole {name} file") from None
    except ValueError as why:
        raise InputError(f"{path}: {why}") from None
    _check_size(path, unpacked)
    return unpacked


def _unzip(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        inside = [item for item in archive.infolist() if not item.is_dir()]
        files = [item for item in inside if not item.filename.startswith("__MACOSX/")]
        names = [item.filename for item in files]
        if "[Content_Types].xml" in names:
            raise ValueError("a spreadsheet; allowed: the sheet saved as CSV")
        if len(files) != 1:
            listed = ", ".join(names[:5]) + ", ..." * (len(names) > 5)
            raise ValueError(f"a zip of {len(names)} files ({listed}); allowed: a zip of one file")
        with archive.open(files[0]) as file:
            return file.read(MOST_BYTES + 1)


def _opened(module: Callable[[io.BytesIO], io.BufferedIOBase]) -> Callable[[bytes], bytes]:
    def unpack(data: bytes) -> bytes:
        with module(io.BytesIO(data)) as file:
            return file.read(MOST_BYTES + 1)

    return unpack


_MAGIC = {b"\x1f\x8b": "gz", b"BZh": "bz2", b"\xfd7zXZ\0": "xz", b"PK\x03\x04": "zip"}
_UNPACK: dict[str, Callable[[bytes], bytes]] = {
    "gz": _opened(lambda raw: gzip.GzipFile(fileobj=raw)),
    "bz2": _opened(bz2.BZ2File),
    "xz": _opened(lzma.LZMAFile),
    "zip": _unzip,
}
