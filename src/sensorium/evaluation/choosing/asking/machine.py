"""What this machine can tell of a process: its peak memory, and the energy that the whole machine used meanwhile."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

_RAPL = Path("/sys/class/powercap")
_PACKAGE = re.compile(r"intel-rapl:\d+")


def peak_memory_bytes() -> int | None:
    """Return the most memory that this process has held at once; None if the system doesn't tell.

    On Linux it is the kernel's VmHWM, which begins anew with a program; `ru_maxrss` there counts the parent's, too.
    """
    status = Path("/proc/self/status")
    if status.exists():
        match = re.search(r"^VmHWM:\s+(\d+) kB", status.read_text(encoding="ascii", errors="replace"), re.M)
        return int(match[1]) * 1024 if match else None
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak if sys.platform == "darwin" else peak * 1024)


class EnergyCounter:
    """The energy of the processor's packages, by Intel's and AMD's RAPL counters, which Linux shows as files.

    It is that of the whole machine, other programs included. Most systems let only root read the counters: then
    `can_read` is False, and nothing is estimated.

    Args:
        folder: Where the system shows them.

    Source: https://docs.kernel.org/power/powercap/powercap.html
    """

    def __init__(self, folder: Path = _RAPL) -> None:
        try:
            packages = sorted(path for path in folder.iterdir() if _PACKAGE.fullmatch(path.name))
        except OSError:
            packages = []
        self._packages = packages
        self.can_read = bool(packages) and self.read() is not None

    def read(self) -> Mapping[str, int] | None:
        """Return microjoules by package, or None if one can't be read."""
        try:
            return {path.name: int((path / "energy_uj").read_text()) for path in self._packages} or None
        except (OSError, ValueError):
            return None

    def joules_since(self, before: Mapping[str, int] | None) -> float | None:
        """Return the joules since an earlier reading, also if a counter has begun anew meanwhile."""
        after = self.read()
        if before is None or after is None:
            return None
        total = 0
        for path in self._packages:
            used = after[path.name] - before[path.name]
            if used < 0:
                try:
                    used += int((path / "max_energy_range_uj").read_text())
                except (OSError, ValueError):
                    return None
            total += used
        return total / 1e6
