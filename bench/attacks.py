"""The attacks of bench/hostile.py, each again and again for some seconds, in a process of its own.

    python bench/attacks.py NAME ADDRESS [SECONDS]

prints what came of it: each outcome with how often it came.
"""

from __future__ import annotations

import base64
import io
import json
import select
import socket
import ssl
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from urllib.parse import urlsplit

import av
import PIL.Image
import requests

SECONDS = 12.0
"""How long an attack goes on, if each of its rounds is shorter."""
FORM = "multipart/form-data; boundary=b"
PART = b'--b\r\nContent-Disposition: form-data; name="picture"; filename="p"\r\n\r\n'
JSON = {"Content-Type": "application/json"}


def picture() -> bytes:
    """Return a photo-like picture."""
    out = io.BytesIO()
    PIL.Image.effect_noise((320, 240), 60).convert("RGB").save(out, "JPEG")
    return out.getvalue()


@cache
def silence(hours: float) -> bytes:
    """Return silence as FLAC: a few MB of it are hours."""
    out = io.BytesIO()
    with av.open(out, "w", format="flac") as file:
        stream = file.add_stream("flac", rate=8000, layout="mono")
        frame = av.AudioFrame(format="s16", layout="mono", samples=4096)
        frame.planes[0].update(bytes(8192))
        frame.sample_rate = 8000
        for number in range(round(hours * 3600 * 8000 / 4096)):
            frame.pts = number * 4096
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return out.getvalue()


def connection(address: str, source: str = "127.0.0.1") -> socket.socket:
    """Return a TCP connection to the server."""
    where = urlsplit(address)
    return socket.create_connection((where.hostname or "", where.port or 0), 30, source_address=(source, 0))


def post(path: str, length: int, kind: str) -> bytes:
    """Return the head of a POST."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
    return head.encode()


def hung_up(to: socket.socket, most: float) -> float | None:
    """Wait, without reading, until the server has reset the connection; give the seconds, or None after `most`."""
    poll, start = select.poll(), time.monotonic()
    poll.register(to, select.POLLERR | select.POLLHUP)
    while time.monotonic() - start < most:
        if poll.poll(200):
            return time.monotonic() - start
    return None


def at_once(count: int, do: Callable[[int], str]) -> list[str]:
    """Do something in so many threads."""
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(do, range(count)))


def sent(address: str, path: str, **body: object) -> str:
    """Send a request; gives its status and its error's message."""
    answer = requests.post(f"{address}{path}", timeout=120, **body)  # type: ignore[arg-type]
    try:
        return f"{answer.status_code} {answer.json()['error']['message']}"
    except (ValueError, KeyError, TypeError):
        return str(answer.status_code)


def idle(address: str) -> list[str]:
    time.sleep(SECONDS)
    return ["nothing"]


def audio_of_hours(address: str) -> list[str]:
    data = silence(4)
    return at_once(4, lambda _: sent(address, "/api/transcribe", files={"audio": data}))


def audio_of_hours_in_a_chat(address: str) -> list[str]:
    audio = {"type": "input_audio", "input_audio": {"data": base64.b64encode(silence(4)).decode(), "format": "flac"}}
    body = json.dumps({"model": "fake:heard", "messages": [{"role": "user", "content": [audio]}]})
    return at_once(4, lambda _: sent(address, "/v1/chat/completions", data=body, headers=JSON))


def brackets(address: str) -> list[str]:
    body = b"[" + b"[]," * 5_000_000 + b"[]]"

    def send(_: int) -> str:
        try:
            return sent(address, "/v1/chat/completions", data=body, headers=JSON)
        except requests.ConnectionError:
            return "hung up on"  # a client that sends on after its refusal

    return at_once(4, send)


def one_string(address: str) -> list[str]:
    """Valid JSON of 15 MB without brackets: a text."""
    body = '{"model": "offline", "messages": [{"role": "user", "content": "' + "\\u00e9" * 2_500_000 + '"}]}'
    return at_once(4, lambda _: sent(address, "/v1/chat/completions", data=body, headers=JSON))


def half_characters(address: str) -> list[str]:
    body = '{"model": "offline", "messages": [{"role": "user", "content": "\\ud83d"}]}'
    return at_once(8, lambda _: sent(address, "/v1/chat/completions", data=body, headers=JSON))


def drops_after_a_refusal(address: str) -> list[str]:
    def drip(_: int) -> str:
        with connection(address) as to:
            to.sendall(post("/api/check", 4_000_000, "text/plain"))
            start = time.monotonic()
            with suppress(OSError):
                while time.monotonic() - start < 30:
                    to.sendall(b"x")
                    time.sleep(0.2)
                return "still open after 30 s"
            return "hung up on"

    return at_once(14, drip)


def heads_byte_by_byte(address: str) -> list[str]:
    def drip(_: int) -> str:
        with connection(address) as to:
            with suppress(OSError):
                for letter in b"GET / HTTP/1.1\r\nX: " + b"y" * 150:
                    to.sendall(bytes([letter]))
                    time.sleep(0.2)
                return "still open after 30 s"
            return "hung up on"

    return at_once(60, drip)


def slow_bodies_of_one_address(address: str) -> list[str]:
    crowd = []
    for _ in range(32):
        to = connection(address)
        to.sendall(post("/api/check", 4_000_000, FORM) + PART)
        crowd.append(to)
    time.sleep(1)
    with connection(address, "127.0.0.2") as other:
        data = PART + picture() + b"\r\n--b--\r\n"
        other.sendall(post("/api/check", len(data), FORM) + data)
        outcomes = [f"another address gets {other.recv(12)[9:].decode()}"]
    until = time.monotonic() + 25  # a byte a second each, which is under the least rate
    waiting = dict.fromkeys(crowd, time.monotonic())
    while waiting and time.monotonic() < until:
        for to in list(waiting):
            to.settimeout(0.01)
            answer = b"gone"
            with suppress(ConnectionError):
                try:
                    answer = to.recv(12)
                except TimeoutError:
                    with suppress(OSError):
                        to.sendall(b"x")
                    continue
            del waiting[to]
            outcomes.append(answer[9:].decode() or "hung up on")
        time.sleep(0.5)
    for to in crowd:
        to.close()
    return outcomes + ["still reading after 25 s"] * len(waiting)


def _never_reads(address: str, request: bytes, times: int, receive_buffer: int = 4096) -> str:
    with connection(address) as to:
        to.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        to.settimeout(2)
        with suppress(OSError):
            for _ in range(times):
                to.sendall(request)
        seconds = hung_up(to, 60)
        return "still open after 60 s" if seconds is None else "hung up on within 60 s"


def who_never_reads_speech(address: str) -> list[str]:
    body = json.dumps({"text": "A long sentence to be spoken. " * 60, "language": "en"}).encode()
    request = post("/api/speak", len(body), "application/json") + body
    return at_once(8, lambda _: _never_reads(address, request, 1))


def who_never_reads_pages(address: str) -> list[str]:
    """Requests in one connection, one behind the other, whose answers nobody reads."""
    request = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 100
    return at_once(20, lambda _: _never_reads(address, request, 50))


def two_gigabytes(address: str) -> list[str]:
    def send(_: int) -> str:
        done = 0
        with connection(address) as to:
            to.sendall(post("/api/check", 24_000_000, FORM).replace(b"Content-Length: 24000000",
                       b"Transfer-Encoding: chunked") + b"%x\r\n" % len(PART) + PART + b"\r\n")  # fmt: skip
            with suppress(OSError):
                while done < 2**31:
                    to.sendall(b"10000\r\n" + bytes(0x10000) + b"\r\n")
                    done += 0x10000
        return f"cut off before {100 * -(-done // 100_000_000)} MB"

    return at_once(4, send)


def picture_bomb(address: str) -> list[str]:
    out = io.BytesIO()
    PIL.Image.new("1", (30_000, 30_000)).save(out, "PNG")
    return at_once(4, lambda _: sent(address, "/api/check", files={"picture": out.getvalue()}))


def idle_connections(address: str) -> list[str]:
    """Connections that send nothing."""
    crowd = [connection(address) for _ in range(900)]
    outcomes = [_ended(to, time.monotonic() + 30) for to in crowd]
    for to in crowd:
        to.close()
    return outcomes


def stalled_handshakes(address: str) -> list[str]:
    """TLS that stops after its first bytes."""
    outgoing = ssl.MemoryBIO()
    context = ssl._create_unverified_context()
    hello = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
    with suppress(ssl.SSLWantReadError):
        hello.do_handshake()
    first = outgoing.read()
    crowd = [connection(address) for _ in range(400)]
    for number, to in enumerate(crowd):
        to.sendall(first if number % 2 else first[:40])
    outcomes = [_ended(to, time.monotonic() + 30) for to in crowd]
    for to in crowd:
        to.close()
    return outcomes


def _ended(to: socket.socket, until: float) -> str:
    """Read to the end of a connection; gives whether it came in time."""
    try:
        while True:
            to.settimeout(max(0.01, until - time.monotonic()))
            if not to.recv(65_536):
                return "hung up on within 30 s"
    except TimeoutError:
        return "still open after 30 s"
    except OSError:
        return "hung up on within 30 s"


ATTACKS: tuple[Callable[[str], list[str]], ...] = (
    idle, audio_of_hours, audio_of_hours_in_a_chat, brackets, one_string, half_characters, drops_after_a_refusal,
    heads_byte_by_byte, slow_bodies_of_one_address, who_never_reads_speech, who_never_reads_pages, two_gigabytes,
    picture_bomb, idle_connections,
)  # fmt: skip
TLS_ATTACKS: tuple[Callable[[str], list[str]], ...] = (idle, stalled_handshakes)


def main() -> None:
    """Attack for some seconds and print the outcomes."""
    name, address = sys.argv[1:3]
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else SECONDS
    attack = next(one for one in (*ATTACKS, *TLS_ATTACKS) if one.__name__ == name)
    outcomes: Counter[str] = Counter()
    start, rounds = time.monotonic(), 0
    while not rounds or time.monotonic() - start < seconds:
        outcomes.update(attack(address))
        rounds += 1
    print(", ".join(f"{count} × {outcome}" for outcome, count in sorted(outcomes.items())))


if __name__ == "__main__":
    main()
