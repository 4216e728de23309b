"""A long film out of a short one: its packets again and again, copied and not encoded anew."""

from __future__ import annotations

from pathlib import Path

import av


def repeated(film: Path, to: Path, times: int) -> Path:
    """Write the film `times` in a row, pictures and sound; an hour out of five minutes takes seconds."""
    with av.open(str(to), "w") as out, av.open(str(film)) as template:
        streams = {
            stream.index: out.add_stream_from_template(stream)
            for stream in (*template.streams.video, *template.streams.audio)
        }
        seconds = float(template.duration) / 1_000_000
        last: dict[int, int] = {}
        for turn in range(times):
            with av.open(str(film)) as source:
                for packet in source.demux():
                    if packet.dts is None or packet.stream.index not in streams:
                        continue
                    shift = round(turn * seconds / packet.time_base)
                    place, due = packet.stream.index, packet.dts + shift
                    if due <= last.get(place, due - 1):  # sound that begins before 0 meets the end of the last turn
                        continue
                    last[place] = due
                    packet.pts, packet.dts = packet.pts + shift, due
                    packet.stream = streams[place]
                    out.mux(packet)
    return to
