"""Modules from git repositories and registries: what is taken, what is refused, and that nothing runs."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from guard.inputs import modules as downloads
from guard.inputs.memory import MemoryTree
from guard.inputs.modules import Modules, taken_apart
from guard.inputs.registries import DownloadError, address_of, checked, newest
from guard.model.document import ReadError
from guard.model.value import Known
from guard.terraform.roots import EvaluationOptions, evaluate

MODULE = 'variable "type" {}\nresource "aws_instance" "i" {\n  instance_type = var.type\n}\n'


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def _git(directory: Path, *arguments: str) -> str:
    settings = ["-c", "user.name=n", "-c", "user.email=n@example.com", "-c", "init.defaultBranch=main"]
    command = ["git", *settings, "-C", str(directory), *arguments]
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    home = tmp_path / "modules.git"
    (home / "gpu" / "inner").mkdir(parents=True)
    (home / "gpu" / "main.tf").write_text(
        'module "inner" {\n  source = "./inner"\n  type   = var.type\n}\nvariable "type" {}\n'
    )
    (home / "gpu" / "inner" / "main.tf").write_text(MODULE)
    _git(home, "init", "-q")
    _git(home, "add", ".")
    _git(home, "commit", "-q", "-m", "one")
    _git(home, "tag", "v1.0.0")
    (home / "gpu" / "inner" / "main.tf").write_text(MODULE.replace('"i"', '"changed"'))
    _git(home, "commit", "-q", "-a", "-m", "two")
    return home


def _addresses(source: str, version: str = "") -> tuple[list[str], list[str]]:
    wanted = f'  version = "{version}"\n' if version else ""
    main = f'module "m" {{\n  source = "{source}"\n{wanted}  type   = "p5.48xlarge"\n}}\n'
    store = Modules()
    try:
        (root,) = evaluate(MemoryTree({"main.tf": main}), EvaluationOptions(modules=store))
    finally:
        store.close()
    kinds = [one.body.text("instance_type") for one in root.instances]
    assert all(isinstance(one, Known) and one.value == "p5.48xlarge" for one in kinds)
    assert all(one.location.path == "main.tf" for one in kinds)
    return [one.address for one in root.instances], [one.reason for one in root.unknowns]


def test_a_tag_a_branch_and_a_commit_of_a_git_repository(repository: Path) -> None:
    url = f"git::file://{repository}//gpu"
    assert _addresses(f"{url}?ref=v1.0.0") == (["module.m.module.inner.aws_instance.i"], [])
    assert _addresses(url) == (["module.m.module.inner.aws_instance.changed"], [])
    commit = _git(repository, "rev-parse", "v1.0.0")
    assert _addresses(f"{url}?ref={commit}")[0] == ["module.m.module.inner.aws_instance.i"]
    repository.rename(repository.with_name("gone"))
    assert _addresses(f"{url}?ref={commit}")[0] == ["module.m.module.inner.aws_instance.i"]


def test_without_the_option_the_cache_is_not_read(repository: Path) -> None:
    source = f"git::file://{repository}//gpu?ref=v1.0.0"
    assert _addresses(source)[0]
    main = f'module "m" {{\n  source = "{source}"\n  type   = "x"\n}}\n'
    (root,) = evaluate(MemoryTree({"main.tf": main}), EvaluationOptions())
    assert not root.instances
    assert [one.reason for one in root.unknowns] == [f'module "m" is not downloaded: {source}']


def test_nothing_of_a_repository_runs(repository: Path, tmp_path: Path) -> None:
    witness = tmp_path / "ran"
    (repository / ".gitattributes").write_text("* filter=x\n")
    (repository / ".gitmodules").write_text(f'[submodule "s"]\n  path = s\n  url = ext::sh -c "touch {witness}"\n')
    _git(repository, "add", ".")
    _git(repository, "commit", "-q", "-m", "three")
    assert _addresses(f"git::file://{repository}//gpu")[0]
    assert not witness.exists()
    assert _addresses(f"git::ext::sh -c touch% {witness}//gpu")[0] == []
    assert not witness.exists()


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("git@github.com:owner/name.git", "guard does not download by ssh"),
        ("git::ssh://git@example.com/x.git", "guard does not download by ssh"),
        ("s3::https://s3.amazonaws.com/bucket/x.zip", "registries, git by https and archives only"),
        ("git::http://example.com/x.git", "fetched by"),
        ("git::file:///nowhere/at/all//x/../../y", "leads outside"),
        ("http://example.com/x.zip", "https only"),
        ("git::--upload-pack=x", "fetched by"),
    ],
)
def test_what_is_not_downloaded_says_why(source: str, reason: str) -> None:
    addresses, reasons = _addresses(source)
    assert not addresses
    assert len(reasons) == 1
    assert reason in reasons[0]


# Registries


def _tarball(files: dict[str, str], link: str = "") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
        if link:
            entry = tarfile.TarInfo("top/link.tf")
            entry.type, entry.linkname = tarfile.SYMTYPE, link
            archive.addfile(entry)
    return buffer.getvalue()


def _zipped(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


@pytest.fixture
def registry() -> Iterator[tuple[str, dict[str, bytes], list[str]]]:
    answers: dict[str, bytes] = {}
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = answers.get(self.path)
            if self.path.endswith("/download") and body is not None:
                self.send_response(204)
                self.send_header("X-Terraform-Get", body.decode())
                self.end_headers()
                return
            self.send_response(200 if body is not None else 404)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    answers["/.well-known/terraform.json"] = b'{"modules.v1": "/v1/modules/"}'
    versions = [{"version": one} for one in ("1.0.0", "1.10.0", "1.9.3", "2.0.0-beta", "2.0.0")]
    answers["/v1/modules/ml/gpu/aws/versions"] = json.dumps({"modules": [{"versions": versions}]}).encode()
    yield f"127.0.0.1:{server.server_address[1]}", answers, asked
    server.shutdown()
    server.server_close()


def test_the_newest_version_that_is_allowed_comes_from_the_registry(
    registry: tuple[str, dict[str, bytes], list[str]],
) -> None:
    host, answers, asked = registry
    answers["/v1/modules/ml/gpu/aws/1.10.0/download"] = b"/archives/gpu.tar.gz//*?archive=tar.gz"
    answers["/archives/gpu.tar.gz"] = _tarball({"top/main.tf": MODULE, "top/../../out.tf": "x"}, "/etc/passwd")
    assert _addresses(f"{host}/ml/gpu/aws", "~> 1.0") == (["module.m.aws_instance.i"], [])
    answers["/v1/modules/ml/gpu/aws/2.0.0/download"] = b"../../../../../../archives/gpu.zip"
    answers["/archives/gpu.zip"] = _zipped({"modules/one/main.tf": MODULE})
    assert _addresses(f"{host}/ml/gpu/aws//modules/one") == (["module.m.aws_instance.i"], [])
    assert asked.count("/archives/gpu.zip") == 1
    _addresses(f"{host}/ml/gpu/aws//modules/one")
    assert asked.count("/archives/gpu.zip") == 1


def test_a_registry_may_point_to_git(registry: tuple[str, dict[str, bytes], list[str]], repository: Path) -> None:
    host, answers, _ = registry
    answers["/v1/modules/ml/gpu/aws/1.9.3/download"] = f"git::file://{repository}?ref=v1.0.0".encode()
    assert _addresses(f"{host}/ml/gpu/aws//gpu", "1.9.3")[0] == ["module.m.module.inner.aws_instance.i"]


def test_registries_that_answer_badly_are_told(registry: tuple[str, dict[str, bytes], list[str]]) -> None:
    host, answers, _ = registry
    assert "no version" in _addresses(f"{host}/ml/gpu/aws", "> 3")[1][0]
    assert "does not answer" in _addresses(f"{host}/ml/other/aws")[1][0]
    answers["/v1/modules/ml/gpu/aws/1.0.0/download"] = b"/broken.zip"
    answers["/broken.zip"] = b"no archive"
    assert "cannot be read" in _addresses(f"{host}/ml/gpu/aws", "1.0.0")[1][0]
    answers["/.well-known/terraform.json"] = b"[" * 100_000
    assert "does not answer in JSON" in _addresses(f"{host}/ml/gpu/aws", "1.0.0")[1][0]


def test_an_archive_that_grows_without_bound_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "MOST_BYTES", 1000)
    with pytest.raises(DownloadError, match="more than 1000 bytes"):
        list(downloads._unpacked(gzip.compress(b"\0" * 100_000), "tar.gz"))
    with pytest.raises(DownloadError, match="more than 1000 bytes"):
        list(downloads._unpacked(_zipped({"a": "x" * 900, "b": "y" * 900}), "zip"))


@pytest.mark.parametrize(
    ("constraint", "version"),
    [
        ("", "2.0.0"),
        ("~> 1.0", "1.10.0"),
        ("~> 1.9.0", "1.9.3"),
        (">= 1.0, < 1.10", "1.9.3"),
        ("2.0.0-beta", "2.0.0-beta"),
        ("!= 2.0.0", "1.10.0"),
        ("= 1", "1.0.0"),
        ("> 2", None),
    ],
)
def test_constraints_choose_as_terraform_does(constraint: str, version: str | None) -> None:
    assert newest(["1.0.0", "1.10.0", "1.9.3", "2.0.0-beta", "2.0.0", "odd"], constraint) == version


def test_addresses_are_taken_apart() -> None:
    assert address_of("terraform-aws-modules/eks/aws//modules/karpenter") is not None
    assert address_of("github.com/owner/name") is None
    assert taken_apart("git::https://h/o/n.git//a/b?ref=v1") == ("git::https://h/o/n.git", "a/b", {"ref": ["v1"]})
    with pytest.raises(ReadError):
        checked("file:///etc/passwd")
    with pytest.raises(DownloadError):
        newest([], "latest")
