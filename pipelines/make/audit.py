"""Asks whether faults of the pinned packages are known, and writes down which packages they are.

    .venv-audit/bin/python pipelines/make/audit.py     (by `make audit`)

`reports/sbom.cdx.json` is the list, as CycloneDX; it needs no network. Exit code 1: faults that
`tolerated.toml` does not name; 2: nobody could be asked.
"""

# pyright: reportMissingImports=false
# CycloneDX comes with pip-audit, in an environment of its own: neither may move a pinned package.
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

REQUIREMENTS = (Path("requirements.txt"), Path("requirements-gpu.txt"))
TOLERATED = Path(__file__).with_name("tolerated.toml")
SBOM = Path("reports", "sbom.cdx.json")
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)((?:[^\n]*\\\n)*[^\n]*)", re.MULTILINE)
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def pinned(files: tuple[Path, ...]) -> dict[tuple[str, str], list[str]]:
    """SHA-256 of the files of each (package, version)."""
    pins = [pin.groups() for file in files for pin in PIN.finditer(file.read_text())]
    return {(name, version): HASH.findall(rest) for name, version, rest in pins}


def write_sbom(packages: dict[tuple[str, str], list[str]]) -> None:
    bom = Bom(
        components=[
            Component(
                type=ComponentType.LIBRARY,
                name=name,
                version=version,
                purl=PackageURL("pypi", None, name, version),
                hashes=[HashType(alg=HashAlgorithm.SHA_256, content=one) for one in hashes],
            )
            for (name, version), hashes in packages.items()
        ]
    )
    SBOM.write_text(JsonV1Dot6(bom).output_as_string(indent=1) + "\n")


def findings(file: Path) -> list[dict]:
    """What pip-audit says of each package: `vulns`, or a `skip_reason`.

    Raises: SystemExit, code 2, where it could ask nobody.
    """
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--no-deps", "--format=json"]
    command += ["--progress-spinner=off", f"--requirement={file}"]
    done = subprocess.run(command, capture_output=True, text=True)
    try:
        found = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        why = (done.stderr.strip().splitlines() or ["no answer"])[-1][:200]
        stop(f"{file}: the service of known faults cannot be asked: {why}")
    # Where a mirror of the index is all that answers, pip-audit skips everything and is content.
    if all("skip_reason" in one for one in found):
        stop(f"{file}: the service of known faults knows none of its packages: nothing was audited")
    return found


def stop(sentence: str) -> None:
    print(f"error: {sentence}", file=sys.stderr)
    raise SystemExit(2)


def main() -> None:
    packages = pinned(REQUIREMENTS)
    write_sbom(packages)
    print(f"{SBOM}: {len(packages)} packages")
    tolerated = tomllib.loads(TOLERATED.read_text())
    faults: list[dict] = []
    for file in REQUIREMENTS:
        for one in findings(file):
            if "skip_reason" in one:
                print(f"not audited: {one['name']}: {one['skip_reason']}")
            for fault in one.get("vulns", []):
                names = {fault["id"], *fault.get("aliases", [])}
                why = next((tolerated[name]["reason"] for name in names & {*tolerated}), None)
                fixed = ", ".join(fault.get("fix_versions", [])) or "no release yet"
                said = f"tolerated: {why}" if why else f"fixed in {fixed}"
                print(f"{one['name']} {one['version']}: {fault['id']}: {said}")
                faults += [] if why else [fault]
    if faults:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
