"""How much memory this process can still take: a container's share, not its host's."""

import resource
from collections.abc import Iterator
from pathlib import Path

import psutil

# Control groups, by where they are below /sys/fs/cgroup: files of limits, of what is used, and the
# entry in memory.stat of what are files read before, which make room when it is needed.
OF_2 = (("memory.max", "memory.high"), "memory.current", "inactive_file")
VERSION_2 = {"": OF_2, "unified": OF_2}
VERSION_1 = {"memory": (("memory.limit_in_bytes",), "memory.usage_in_bytes", "total_inactive_file")}


def free(root: Path = Path("/")) -> int:
    """Bytes: the least of what the machine, its control groups and this process' limits leave.

    root: where /proc and /sys are, for tests.
    """
    left = [psutil.virtual_memory().available, *_left_by_groups(root), *_left_by_limits()]
    return max(0, min(left))


def _left_by_groups(root: Path) -> Iterator[int]:
    """Of each control group that this process is in; those above it limit it as well."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:  # not Linux
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        for place, names in (VERSION_1 if controllers else VERSION_2).items():
            top = root / "sys/fs/cgroup" / place
            group = top / path.lstrip("/")
            # A container may see its own group at the top only, whatever the path says.
            for folder in (group, *group.parents):
                yield from _left_in(folder, *names)
                if folder == top:
                    break


def _left_in(folder: Path, limits: tuple[str, ...], usage: str, cached: str) -> Iterator[int]:
    try:
        used = int((folder / usage).read_text())
        rows = (folder / "memory.stat").read_text().split()
        used -= int(dict(zip(rows[::2], rows[1::2], strict=True)).get(cached, 0))
        for name in limits:
            text = (folder / name).read_text().strip()
            if text != "max":
                yield int(text) - used
    except (OSError, ValueError):
        return  # no group of that name here, or one without limits


def _left_by_limits() -> Iterator[int]:
    """Of the process' own limits, as `ulimit -v` and `ulimit -d` set them."""
    used = psutil.Process().memory_info()
    data = getattr(used, "data", 0)  # known on Linux, where all of a process' own memory counts
    for kind, taken in ((resource.RLIMIT_AS, used.vms), (resource.RLIMIT_DATA, data)):
        limit, _ = resource.getrlimit(kind)
        if limit != resource.RLIM_INFINITY:
            yield limit - taken
