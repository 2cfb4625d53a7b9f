"""The catalogue names each asset, with all by which it is known, and no address of an index."""

import re
import subprocess
from pathlib import Path

import pytest

from fivenets.core.digests import sha256
from fivenets.sources.asset import Asset
from fivenets.sources.catalogue import ASSETS, read

PROJECT = Path(__file__).parents[2]
MIRROR = PROJECT.parent / "shared" / "mirror"
HEX_DIGITS = {"md5": 32, "sha256": 64, "sha512": 128}


@pytest.mark.parametrize("asset", ASSETS.values(), ids=ASSETS)
def test_an_asset_has_a_licence_its_digests_and_a_place_to_be_had_from(asset: Asset) -> None:
    assert asset.licence
    assert asset.tree_sha256 or asset.files, "nothing to know it by"
    assert asset.zip or asset.archive or asset.files or asset.package or asset.installed
    digests = [("sha256", asset.tree_sha256)] if asset.tree_sha256 else []
    if asset.zip:
        digests.append(("sha256", asset.zip.sha256))
        assert asset.zip.size > 0
    if asset.package:
        digests.append(("sha256", asset.package.sha256))
        assert asset.package.size > 0
    for file in asset.files:
        digests.append((file.known_hash.split(":")[0], file.known_hash.split(":")[1]))
        assert file.size > 0
        assert Path(file.name).name == file.name
    for algorithm, digest in digests:
        assert re.fullmatch(f"[0-9a-f]{{{HEX_DIGITS[algorithm]}}}", digest), (algorithm, digest)
    if asset.archive:
        assert asset.tree_sha256, "an archive that is packed on the fly is known by its tree"


def test_a_commit_of_github_becomes_the_address_and_top_folder_of_its_archive(
    tmp_path: Path,
) -> None:
    file = tmp_path / "catalogue.toml"
    file.write_text(
        '[a]\nlicence = "MIT"\ntree_sha256 = "0"\n'
        'github.repository = "somebody/net"\ngithub.commit = "abc"\n'
        'github.folder = "data/x"\ngithub.parts = ["*.jpg"]\n'
    )
    archive = read(file)["a"].archive
    assert archive is not None
    assert archive.url == "https://github.com/somebody/net/archive/abc.zip"
    assert (archive.folder, archive.parts) == ("net-abc/data/x", ("*.jpg",))


def test_a_misspelt_entry_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "catalogue.toml"
    file.write_text('[a]\nlicense = "MIT"\n')
    with pytest.raises(TypeError, match="license"):
        read(file)


def test_no_address_is_written_outside_of_the_catalogue() -> None:
    """Of the hosts that files are fetched from; words about them are another matter."""
    hosts = {
        url.split("/")[2]
        for asset in ASSETS.values()
        for url in [asset.archive.url if asset.archive else "", *(one.url for one in asset.files)]
        if url and "github.com" not in url
    }
    assert len(hosts) == 3
    code = [*(PROJECT / "src").rglob("*.py"), *(PROJECT / "pipelines").rglob("*.py")]
    found = {
        (file.name, host) for file in code for host in hosts if f"//{host}" in file.read_text()
    }
    assert found == set()


def test_no_host_of_a_package_index_is_named_anywhere_in_the_repository() -> None:
    words = ["python" + "hosted", "pypi" + ".org", "pypi" + ".python"]
    pattern = [word for one in words for word in ("-e", one)]
    found = subprocess.run(
        ["git", "grep", "--ignore-case", "--untracked", "--name-only", "-F", *pattern],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.stdout, found.returncode) == ("", 1)


@pytest.mark.skipif(not MIRROR.is_dir(), reason="there is no ../shared/mirror")
@pytest.mark.parametrize("asset", [one for one in ASSETS.values() if one.zip], ids=lambda a: a.name)
def test_the_project_mirror_has_what_the_catalogue_says(asset: Asset) -> None:
    packed = MIRROR / f"{asset.name}.zip"
    assert asset.zip is not None
    assert (packed.stat().st_size, sha256(packed)) == (asset.zip.size, asset.zip.sha256)
