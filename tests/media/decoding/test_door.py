"""Attacks on the one door to media files: addresses, playlists, other files, sizes, pipes. Most once worked."""

from __future__ import annotations

import os
import re
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import mien
from mien.errors import MediaError
from mien.media.decoding.open import probe, stream
from mien.samples import demo_clip
from mien.types import Audio
from tests.media.clips import beep, write_sound


@pytest.fixture
def server() -> Iterator[tuple[int, list[bytes]]]:
    """A server on this machine: its port, and what it was asked."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    connection.settimeout(0.2)
                    try:
                        asked.append(connection.recv(200))
                    except OSError:
                        asked.append(b"")

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1], asked
        listening.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("protocol", ["http", "tcp", "ftp", "rtmp", "rtsp", "gopher"])
def test_a_path_that_looks_like_an_address_is_a_local_file(
    protocol: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: tuple[int, list[bytes]]
) -> None:
    port, asked = server
    monkeypatch.chdir(tmp_path)
    path = Path(f"{protocol}:/127.0.0.1:{port}/x.wav")
    path.parent.mkdir(parents=True)
    write_sound(tmp_path / "x.wav", beep(1.0, 0.2)).rename(path)
    assert probe(path).duration == pytest.approx(1.0)
    assert sum(len(p.samples) for p in stream(path, 5) if isinstance(p, Audio)) == 16_000
    assert asked == []


@pytest.mark.parametrize(
    "name", ["12:30 talk.wav", "file:x.wav", "concat:x.wav", "subfile,,start,0,end,9,,:x.wav", "a%03d.wav", "-i.wav"]
)
def test_a_name_may_hold_a_colon(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_sound(tmp_path / "sound.wav", beep(1.0, 0.2)).rename(name)
    assert probe(Path(name)).kind == "audio"


@pytest.mark.parametrize("ending", ["mp4", "m3u8", "ts", "wav"])
@pytest.mark.parametrize(
    "content",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{other}\n#EXT-X-ENDLIST\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1:{port}/x.ts\n#EXT-X-ENDLIST\n",
        "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{itself}\n",
        "ffconcat version 1.0\nfile '{other}'\n",
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet>'
        '<Representation id="1"><BaseURL>{other}</BaseURL></Representation></AdaptationSet></Period></MPD>',
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio {port} RTP/AVP 0\n",
        "[Reference]\nRef1=http://127.0.0.1:{port}/x\n",
        "# VobSub index file, v7\nid: en, index: 0\n",
        ";FFMETADATA1\ntitle=x\n",
    ],
)
def test_a_list_of_other_files_is_no_media(
    content: str, ending: str, tmp_path: Path, server: tuple[int, list[bytes]]
) -> None:
    port, asked = server
    other = write_sound(tmp_path / "other.wav", beep(1.0, 0.2))
    path = tmp_path / f"list.{ending}"
    path.write_text(content.format(port=port, other=other, itself=path.name))
    with pytest.raises(MediaError, match="is not media that can be read"):
        probe(path)
    assert asked == []


def test_a_pipe_or_a_device_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.mp4")
    (tmp_path / "link.mp4").symlink_to("/dev/zero")
    for path in (tmp_path / "x.mp4", tmp_path / "link.mp4", Path("/dev/zero")):
        with pytest.raises(MediaError, match="is a pipe or a device, not an ordinary file"):
            probe(path)


def test_a_file_that_grows_is_read_to_the_length_it_had(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "x.wav", beep(2.0, 0.2))
    heard = 0
    for piece in stream(path, 5):
        if isinstance(piece, Audio):
            heard += len(piece.samples)
            with path.open("ab") as file:
                file.write(bytes(200_000))
    assert heard == 32_000


def test_an_empty_file_of_ten_gigabytes_costs_little(tmp_path: Path) -> None:
    path = tmp_path / "x.mp3"
    with path.open("wb") as file:
        file.truncate(10 * 2**30)
    assert "64 MB were read without finding media" in _refused_cheaply(path)


def test_sound_that_ends_in_empty_bytes_costs_little(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "x.aac", beep(2.0, 0.2), codec="aac")
    with path.open("r+b") as file:
        file.truncate(400_000_000)
    assert _refused_cheaply(path) == ""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can refuse memory to one call")
def test_a_header_that_claims_eighty_million_pictures_gets_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(_claiming(80_000_000))
    assert path.stat().st_size < 1000
    assert "nothing in" in _refused_cheaply(path)


def test_an_endless_packet_is_not_collected(tmp_path: Path) -> None:
    path = tmp_path / "x.ogg"
    page = b"OggS\0\1" + bytes(8) + struct.pack("<III", 7, 1, 0) + b"\xff" * 256 + bytes(255 * 255)
    head = b"OggS\0\2" + bytes(8) + struct.pack("<III", 7, 0, 0) + b"\1\x13OpusHead\1\1\0\0\x80\xbb\0\0\0\0\0"
    path.write_bytes(head + page * 3000)
    assert "64 MB were read without finding media" in _refused_cheaply(path)


def test_the_limit_on_memory_is_gone_afterwards() -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_DATA)
    probe(demo_clip())
    list(stream(demo_clip(), 1))
    assert resource.getrlimit(resource.RLIMIT_DATA) == before
    assert np.zeros(10**9, np.uint8).nbytes == 10**9


_SCRIPT = """
import sys
from pathlib import Path
from mien.errors import MediaError
from mien.media.decoding.open import probe, stream
try:
    probe(Path(sys.argv[1]))
    for piece in stream(Path(sys.argv[1]), 5):
        pass
except MediaError as error:
    print(error)
status = Path("/proc/self/status")
if status.exists():  # the peak of this process alone, in kB
    peak = int(status.read_text().partition("VmHWM:")[2].split()[0])
    assert peak < 400_000, peak
"""


def _refused_cheaply(path: Path) -> str:
    """The sentence that refuses a file, or nothing when it is read, in a process that takes at most 400 MB and 60 s."""
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, path], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def _claiming(count: int) -> bytes:
    """An MP4 of one video stream that claims to hold ``count`` pictures of one byte each."""

    def box(kind: bytes, *content: bytes) -> bytes:
        body = b"".join(content)
        return struct.pack(">I", 8 + len(body)) + kind + body

    def full(kind: bytes, *content: bytes) -> bytes:
        return box(kind, bytes(4), *content)

    shown = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    movie = full(b"mvhd", struct.pack(">4IIH10x", 0, 0, 1000, 1000, 1 << 16, 1 << 8), shown, bytes(24), b"\0\0\0\2")
    sizes = struct.pack(">II", 64 << 16, 64 << 16)
    track = box(b"tkhd", b"\0\0\0\3", struct.pack(">5I", 0, 0, 1, 0, 1000), bytes(16), shown, sizes)
    entry = (
        b"\0\0\0\1",
        bytes(16),
        struct.pack(">HHIIIH", 64, 64, 72 << 16, 72 << 16, 0, 1),
        bytes(32),
        b"\0\x18\xff\xff",
    )
    tables = box(
        b"stbl",
        full(b"stsd", struct.pack(">I", 1), box(b"mp4v", bytes(4), *entry)),
        full(b"stts", struct.pack(">3I", 1, count, 1)),
        full(b"stsc", struct.pack(">4I", 1, 1, count, 1)),
        full(b"stsz", struct.pack(">2I", 1, count)),
        full(b"stco", struct.pack(">2I", 1, 40)),
    )
    where = box(b"dinf", full(b"dref", struct.pack(">I", 1), box(b"url ", b"\0\0\0\1")))
    media = box(
        b"mdia",
        full(b"mdhd", struct.pack(">4I2H", 0, 0, 1000, 1000, 0, 0)),
        full(b"hdlr", bytes(4), b"vide", bytes(12), b"v\0"),
        box(b"minf", full(b"vmhd", bytes(8)), where, tables),
    )
    return box(b"ftyp", b"isom\0\0\2\0isom") + box(b"moov", movie, box(b"trak", track, media)) + box(b"mdat", bytes(64))


def test_no_other_module_opens_media_by_name() -> None:
    """Writers may name their file, and bytes that mien made itself may be opened again."""
    package = Path(mien.__file__).parent
    calls = [
        (path.relative_to(package).as_posix(), call)
        for path in package.rglob("*.py")
        for call in re.findall(r"\b(?:av|Image)\.open\(([^\n]*)", path.read_text(encoding="utf-8"))
    ]
    # Devices are no files. Pieces of a recording are read from memory, and nothing else may be opened for them.
    doors = {f"media/decoding/{name}.py" for name in ("door", "devices", "chunks")}
    others = [(path, call) for path, call in calls if path not in doors and '"w"' not in call]
    assert [(path, call) for path, call in others if not call.startswith(("file, ", "io.BytesIO("))] == []
