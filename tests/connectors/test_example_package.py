"""The example of a third party's connector keeps every promise, and an audit finds it by its entry point alone."""

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
from pyarrow import feather

EXAMPLE = Path(__file__).parents[2] / "examples" / "datagov-feather"


def run(*words: str, folder: Path, path: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], cwd=folder, env={"PYTHONPATH": path, "PATH": ""}, capture_output=True, text=True
    )


def test_the_example_passes_the_conformance_suite(tmp_path: Path) -> None:
    done = run(
        "-m", "pytest", "-v", "-p", "no:cacheprovider", str(EXAMPLE / "tests"), folder=tmp_path, path=str(EXAMPLE)
    )

    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


def test_an_installed_example_is_audited_like_any_source(tmp_path: Path) -> None:
    site = tmp_path / "site"
    info = site / "datagov_feather-0.1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: datagov-feather\nVersion: 0.1.0\n")
    (info / "entry_points.txt").write_text("[datagov.connectors]\nfeather = datagov_feather:FeatherConnector\n")
    (tmp_path / "lab").mkdir()
    people = pa.table({"email": [f"person{n}@example.org" for n in range(50)], "n": range(50)})
    feather.write_feather(people, tmp_path / "lab" / "people.feather")
    (tmp_path / "datagov.yaml").write_text("platform: lab\nsources:\n  lab: {use: feather, path: lab}\n")

    done = run("-m", "datagov", "scan", "-f", "csv", folder=tmp_path, path=f"{site}:{EXAMPLE}")

    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stdout.splitlines() if "lab.people" in line and "email" in line]
    assert "EMAIL_ADDRESS" in line
