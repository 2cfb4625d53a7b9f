"""A container's share of the memory, under both versions of control groups, and a process' own."""

import resource
from pathlib import Path

import psutil
import pytest

from fivenets.core import free_memory

GIB = 2**30


class Host:
    available = 64 * GIB


@pytest.fixture(autouse=True)
def large_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: Host)
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (resource.RLIM_INFINITY,) * 2)


def group(folder: Path, **values: int | str) -> None:
    """A control group; `a__b` is the file a.b."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in values.items():
        (folder / name.replace("__", ".")).write_text(f"{value}\n")


def of_2(folder: Path, limit: int | str, used: int, cached: int, high: int | str = "max") -> None:
    stat = f"anon {used - cached}\nactive_file 0\ninactive_file {cached}"
    group(folder, memory__max=limit, memory__high=high, memory__current=used, memory__stat=stat)


def of_1(folder: Path, limit: int, used: int, cached: int) -> None:
    stat = f"cache {cached}\ninactive_file 0\ntotal_inactive_file {cached}"
    group(
        folder,
        memory__limit_in_bytes=limit,
        memory__usage_in_bytes=used,
        memory__stat=stat,
    )


def in_groups(root: Path, *lines: str) -> None:
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text("".join(f"{line}\n" for line in lines))


def test_a_machine_without_limits_has_what_it_says(tmp_path: Path) -> None:
    assert free_memory.free(tmp_path) == 64 * GIB
    in_groups(tmp_path, "0::/")
    assert free_memory.free(tmp_path) == 64 * GIB
    of_2(tmp_path / "sys/fs/cgroup", "max", 3 * GIB, GIB)
    assert free_memory.free(tmp_path) == 64 * GIB


def test_version_2_of_a_container_that_sees_its_own_group_only(tmp_path: Path) -> None:
    in_groups(tmp_path, "0::/")
    of_2(tmp_path / "sys/fs/cgroup", 4 * GIB, 3 * GIB, GIB)  # of the 3, 1 can be had back
    assert free_memory.free(tmp_path) == 2 * GIB


def test_version_2_a_group_above_limits_as_well(tmp_path: Path) -> None:
    in_groups(tmp_path, "0::/user/session")
    top = tmp_path / "sys/fs/cgroup"
    of_2(top / "user/session", 8 * GIB, GIB, 0)
    of_2(top / "user", 6 * GIB, 5 * GIB, 0)
    assert free_memory.free(tmp_path) == GIB
    of_2(top / "user/session", 8 * GIB, GIB, 0, high=GIB + GIB // 2)
    assert free_memory.free(tmp_path) == GIB // 2


@pytest.mark.parametrize("inside", ["docker/abc", ""])
def test_version_1_whether_its_path_is_seen_or_not(tmp_path: Path, inside: str) -> None:
    in_groups(tmp_path, "4:memory:/docker/abc", "3:cpu,cpuacct:/docker/abc", "0::/docker/abc")
    top = tmp_path / "sys/fs/cgroup/memory"
    of_1(top, 2**63 - 4096, 9 * GIB, 0)  # how version 1 says that there is no limit
    of_1(top / inside, 3 * GIB, 2 * GIB, GIB)
    assert free_memory.free(tmp_path) == 2 * GIB


def test_a_group_that_is_full_has_nothing_left(tmp_path: Path) -> None:
    in_groups(tmp_path, "0::/")
    of_2(tmp_path / "sys/fs/cgroup", GIB, 2 * GIB, 0)
    assert free_memory.free(tmp_path) == 0


@pytest.mark.parametrize("kind", ["RLIMIT_AS", "RLIMIT_DATA"])
def test_a_process_own_limit_counts(tmp_path: Path, monkeypatch, kind: str) -> None:
    used = psutil.Process().memory_info()
    taken = used.vms if kind == "RLIMIT_AS" else used.data
    number = getattr(resource, kind)
    monkeypatch.setattr(
        resource,
        "getrlimit",
        lambda asked: (taken + GIB if asked == number else resource.RLIM_INFINITY, -1),
    )
    assert free_memory.free(tmp_path) == pytest.approx(GIB, rel=0.1)
