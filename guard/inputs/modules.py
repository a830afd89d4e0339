"""Terraform modules from elsewhere: downloaded only when that is asked for, kept in the user's cache, never run.

A repository may name any address, so that only files are taken: git without hooks, filters and submodules, archives
without links, everything bounded. What depends on a run before is not used: a branch is asked for anew each time, and
without the option nothing of the cache is read, so that the same command says the same about the same files.
"""

from __future__ import annotations

import gzip
import io
import os
import re
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from guard.inputs.gittree import GitError, GitTree
from guard.inputs.memory import MemoryTree
from guard.inputs.registries import MOST_BYTES, Address, DownloadError, address_of, fetched, location_of
from guard.inputs.remote import RemoteError, cache, cached
from guard.inputs.remote import fetched as fetched_commit
from guard.model.document import Tree

SHELF = "modules"
MOST_FILES = 20_000
MOST_MODULES = 200
"""How many different modules one run downloads."""
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHORT = re.compile(
    r"(?:https://)?(?P<host>github\.com|bitbucket\.org)/(?P<owner>[\w.-]+)/(?P<name>[\w.-]+?)(?:\.git)?"
)
_ARCHIVES = (".tar.gz", ".tgz", ".zip")
_HOW = "run terraform init before guard, which then reads .terraform/modules"


class Modules:
    """The modules that one run downloads, each once."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], tuple[str, str, Tree] | DownloadError] = {}
        self._git: list[GitTree] = []

    def find(self, source: str, version: str) -> tuple[str, str, Tree]:
        """Return a module: a name for its files, the directory that is meant within them, and the files.

        Raises ReadError where it cannot be downloaded.
        """
        key = (source, version)
        if key not in self._found:
            if len(self._found) >= MOST_MODULES:
                raise DownloadError(f"guard downloads at most {MOST_MODULES} modules")
            try:
                self._found[key] = self._downloaded(source, version)
            except DownloadError as error:
                self._found[key] = error
            except (RemoteError, GitError) as error:
                self._found[key] = DownloadError(str(error))
        found = self._found[key]
        if isinstance(found, DownloadError):
            raise found
        return found

    def close(self) -> None:
        """End git's reader processes."""
        for one in self._git:
            one.close()

    def _downloaded(self, source: str, version: str) -> tuple[str, str, Tree]:
        address = address_of(source)
        if address is None:
            return self._from(source)
        return self._from_registry(address, version)

    def _from_registry(self, address: Address, version: str) -> tuple[str, str, Tree]:
        chosen, location = location_of(address, version)
        _, inner, tree = self._from(location)
        return f"{_plain(address.host)}/{address.path}/{_plain(chosen)}", _joined(inner, address.inner), tree

    def _from(self, source: str) -> tuple[str, str, Tree]:
        base, inner, query = taken_apart(source)
        ref = (query.get("ref") or ["HEAD"])[0]
        short = _SHORT.fullmatch(base)
        if base.startswith("git@") or base.removeprefix("git::").startswith(("ssh://", "git@")):
            raise DownloadError(f"guard does not download by ssh: {_HOW}")
        if base.startswith("git::"):
            return self._from_git(base.removeprefix("git::"), ref, inner)
        if short is not None and not base.endswith(_ARCHIVES):
            url = f"https://{short['host']}/{short['owner']}/{short['name']}.git"
            return self._from_git(url, ref, inner)
        kind = (query.get("archive") or [""])[0]
        if base.startswith(("https://", "http://")) and (base.endswith(_ARCHIVES) or kind):
            return self._from_archive(base, kind or base, inner)
        raise DownloadError(f"guard downloads from registries, git by https and archives only: {_HOW}")

    def _from_git(self, url: str, ref: str, inner: str) -> tuple[str, str, Tree]:
        tree: GitTree | None = None
        commit = ref
        if _COMMIT.fullmatch(ref):
            try:
                tree = GitTree(cached(url, SHELF), ref)
            except (GitError, OSError):
                tree = None
        if tree is None:
            commit = fetched_commit(url, ref, instead="HEAD" if _COMMIT.fullmatch(ref) else "", shelf=SHELF)
            tree = GitTree(cached(url, SHELF), commit)
        self._git.append(tree)
        parts = urlsplit(url)
        return _plain(f"{parts.netloc}{parts.path}".removesuffix(".git").strip("/")) + f"/{commit[:12]}", inner, tree

    def _from_archive(self, url: str, kind: str, inner: str) -> tuple[str, str, Tree]:
        files = dict(_unpacked(_kept(url), kind))
        top = {name.partition("/")[0] for name in files}
        if inner == "*" or inner.startswith("*/"):
            if len(top) != 1:
                raise DownloadError(f"{url} holds more than one directory at its top")
            inner = f"{top.pop()}/{inner[2:]}".rstrip("/")
        parts = urlsplit(url)
        return _plain(f"{parts.netloc}{parts.path}"), inner, MemoryTree(files)


def taken_apart(source: str) -> tuple[str, str, dict[str, list[str]]]:
    """Return the address in a module source, the directory behind `//`, and the parameters behind `?`."""
    text, _, query = source.partition("?")
    scheme = text.find("://")
    begin = scheme + 3 if scheme >= 0 else 0
    at = text.find("//", begin)
    base, inner = (text, "") if at < 0 else (text[:at], text[at + 2 :].strip("/"))
    if ".." in inner.split("/"):
        raise DownloadError(f"{source} leads outside the module")
    return base, inner, parse_qs(query)


def _joined(*parts: str) -> str:
    return "/".join(part for part in parts if part)


def _plain(text: str) -> str:
    return re.sub(r"[^\w./-]", "_", text).replace("..", "_")


def _kept(url: str) -> bytes:
    """Return an archive. Its address is the version: what a registry points to does not change."""
    path = cache() / SHELF / f"{sha256(url.encode()).hexdigest()[:32]}.archive"
    try:
        if path.stat().st_size <= MOST_BYTES:
            return path.read_bytes()
    except OSError:
        pass
    body, _ = fetched(url)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(body)
        Path(name).replace(path)
    except OSError:
        # A cache that cannot be written costs time only.
        return body
    return body


def _unpacked(data: bytes, kind: str) -> Iterator[tuple[str, bytes]]:
    reader = _unzipped(data) if kind.endswith("zip") else _untarred(data)
    total = count = 0
    try:
        for name, content in reader:
            total, count = total + len(content), count + 1
            if total > MOST_BYTES or count > MOST_FILES:
                raise DownloadError(f"the archive holds more than {MOST_BYTES} bytes or {MOST_FILES} files")
            parts = [part for part in name.split("/") if part not in ("", ".")]
            if parts and ".." not in parts:
                yield "/".join(parts), content
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError) as error:
        raise DownloadError(f"the archive cannot be read: {error}") from None


def _untarred(data: bytes) -> Iterator[tuple[str, bytes]]:
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
        plain = packed.read(2 * MOST_BYTES + 1)
    if len(plain) > 2 * MOST_BYTES:
        raise DownloadError(f"the archive holds more than {MOST_BYTES} bytes")
    with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isreg() else None
            if file is not None:
                yield member.name, file.read(MOST_BYTES + 1)


def _unzipped(data: bytes) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in archive.infolist()[: MOST_FILES + 1]:
            if not member.is_dir() and (member.external_attr >> 28) in (0, 8):
                with archive.open(member) as file:
                    yield member.filename, file.read(MOST_BYTES + 1)
