"""`make audit` never says that all is well where nobody was asked."""

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def audit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The script, with no SBOM library: that is in the environment of `make audit` only."""
    names = ("cyclonedx.model", "cyclonedx.model.bom", "cyclonedx.model.component")
    for name in ("cyclonedx", "cyclonedx.output", "cyclonedx.output.json", "packageurl", *names):
        module = ModuleType(name)
        module.__getattr__ = lambda _: object  # type: ignore[method-assign]
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.syspath_prepend(PROJECT / "pipelines" / "make")
    monkeypatch.delitem(sys.modules, "audit", raising=False)
    import audit  # type: ignore[import-not-found]

    monkeypatch.chdir(tmp_path)
    (tmp_path / "requirements.txt").write_text(
        f"# a comment\nnumpy==2.4.6 ; sys_platform == 'linux' \\\n    --hash=sha256:{'0' * 64} \\\n"
        f"    --hash=sha256:{'1' * 64}\nav==18.1.0 \\\n    --hash=sha256:{'2' * 64}\n"
    )
    monkeypatch.setattr(audit, "REQUIREMENTS", (Path("requirements.txt"),))
    monkeypatch.setattr(audit, "write_sbom", lambda _: None)
    return audit


def answers(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    done = subprocess.CompletedProcess([], 1, said, "Traceback\nConnectionError: no such host\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)


def test_what_is_pinned(audit) -> None:
    assert audit.pinned((Path("requirements.txt"),)) == {
        ("numpy", "2.4.6"): ["0" * 64, "1" * 64],
        ("av", "18.1.0"): ["2" * 64],
    }


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("", "cannot be asked: ConnectionError: no such host"),
        ('{"dependencies": [{"name": "av", "skip_reason": "not found"}]}', "nothing was audited"),
    ],
)
def test_where_nobody_answers_it_is_said(audit, monkeypatch, capsys, said, sentence) -> None:
    answers(monkeypatch, said)
    with pytest.raises(SystemExit) as ended:
        audit.main()
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err


def test_a_fault_ends_it_and_a_tolerated_one_is_named(audit, monkeypatch, capsys) -> None:
    fault = {"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["18.2"]}
    found = [{"name": "av", "version": "18.1.0", "vulns": [fault]}]
    answers(monkeypatch, json.dumps({"dependencies": found}))
    monkeypatch.setattr(audit, "TOLERATED", Path("tolerated.toml"))
    Path("tolerated.toml").write_text("")
    with pytest.raises(SystemExit) as ended:
        audit.main()
    assert ended.value.code == 1
    assert "av 18.1.0: PYSEC-1: fixed in 18.2" in capsys.readouterr().out
    Path("tolerated.toml").write_text('["CVE-1"]\nreason = "not reached"\nsince = 2026-11-26\n')
    audit.main()
    assert "av 18.1.0: PYSEC-1: tolerated: not reached" in capsys.readouterr().out
