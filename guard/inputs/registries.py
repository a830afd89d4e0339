"""Modules in registries, by the protocol that Terraform and OpenTofu speak with them.

Source: "Module Registry Protocol" and "Remote Service Discovery" in Terraform's documentation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from guard.model.document import ReadError

PUBLIC = "registry.terraform.io"
SECONDS = 30
MOST_BYTES = 64 * 1024 * 1024
_LARGEST_ANSWER = 16 * 1024 * 1024
_LOOPBACK = ("localhost", "127.0.0.1")
_ADDRESS = re.compile(
    r"(?:(?P<host>(?:[\w-]+\.)+[\w-]+(?::\d+)?|(?:localhost|127\.0\.0\.1):\d+)/)?"
    r"(?P<path>[\w-]+/[\w-]+/[a-z0-9]+)(?://(?P<inner>[\w./-]+))?"
)
_CONSTRAINT = re.compile(r"(=|!=|>=|<=|>|<|~>)?\s*v?(\d+(?:\.\d+){0,2}(?:-[\w.-]+)?)(?:\+[\w.-]+)?")
_VERSION = re.compile(r"v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?:-([\w.-]+))?(?:\+[\w.-]+)?")


class DownloadError(ReadError):
    """A module cannot be downloaded; the message says why."""


@dataclass(frozen=True, slots=True)
class Address:
    """A module in a registry: `path` is `namespace/name/provider`, `inner` the directory within the module."""

    host: str
    path: str
    inner: str = ""


def address_of(source: str) -> Address | None:
    """Return a module source as an address in a registry, None where it is something else."""
    match = _ADDRESS.fullmatch(source) if len(source) < 500 else None
    if match is None or match["host"] in ("github.com", "bitbucket.org"):
        return None
    return Address(match["host"] or PUBLIC, match["path"], match["inner"] or "")


def location_of(address: Address, constraint: str) -> tuple[str, str]:
    """Return the newest version that a constraint allows, and from where the registry says to download it.

    Raises DownloadError where the registry does not answer or has no such version.
    """
    base = _service(address.host)
    told = _json(f"{base}{address.path}/versions")
    modules = told.get("modules") if isinstance(told, dict) else None
    versions = modules[0].get("versions") if isinstance(modules, list) and modules else None
    known = [str(one.get("version")) for one in versions if isinstance(one, dict)] if isinstance(versions, list) else []
    chosen = newest(known, constraint)
    if chosen is None:
        raise DownloadError(f"{address.host} has no version of {address.path} that is {constraint or 'released'}")
    return chosen, _download(f"{base}{address.path}/{chosen}/download")


def _service(host: str) -> str:
    scheme = "http" if host.partition(":")[0] in _LOOPBACK else "https"
    root = f"{scheme}://{host}/.well-known/terraform.json"
    told = _json(root)
    path = told.get("modules.v1") if isinstance(told, dict) else None
    if not isinstance(path, str):
        raise DownloadError(f"{host} is no registry of modules")
    return urljoin(root, path.rstrip("/") + "/")


def _json(url: str) -> Any:
    try:
        return json.loads(fetched(url, _LARGEST_ANSWER)[0])
    except (ValueError, RecursionError):
        raise DownloadError(f"{url} does not answer in JSON") from None


def _download(url: str) -> str:
    body, headers = fetched(url, _LARGEST_ANSWER)
    told = headers.get("x-terraform-get", "")
    if not told and body.strip():
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            answer = None
        told = answer.get("location", "") if isinstance(answer, dict) else ""
    if not isinstance(told, str) or not told:
        raise DownloadError(f"{url} does not say from where to download")
    return urljoin(url, told) if told.startswith(("/", "./", "../")) else told


class _SameScheme(HTTPRedirectHandler):
    """Follows redirections that stay with HTTPS, or on the machine itself."""

    def redirect_request(self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Request | None:
        """Return the request that follows. Raises DownloadError for an address that is not safe."""
        checked(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def checked(url: str) -> None:
    """Raise DownloadError for an address that is neither HTTPS nor on this machine."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise DownloadError(f"guard downloads by https only, not from {url[:200]}")


def fetched(url: str, limit: int = MOST_BYTES) -> tuple[bytes, dict[str, str]]:
    """Return what a server answers, and its headers by small letters. Raises DownloadError where it does not."""
    checked(url)
    request = Request(url, headers={"User-Agent": "guard", "X-Terraform-Version": "1.11.4"})  # noqa: S310 checked above
    try:
        with build_opener(_SameScheme).open(request, timeout=SECONDS) as answer:
            body = answer.read(limit + 1)
            headers = {name.lower(): value for name, value in answer.headers.items()}
    except HTTPError as error:
        error.close()
        raise DownloadError(f"{urlsplit(url).netloc} does not answer: {error.code} {error.reason}") from None
    except (URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise DownloadError(f"{urlsplit(url).netloc} does not answer: {reason}") from None
    if len(body) > limit:
        raise DownloadError(f"{url} is larger than {limit} bytes")
    return body, headers


Version = tuple[tuple[int, ...], str]


def _parsed(text: str) -> Version | None:
    match = _VERSION.fullmatch(text)
    if match is None:
        return None
    return tuple(int(part or 0) for part in match.groups()[:3]), match[4] or ""


def newest(versions: Iterable[str], constraint: str) -> str | None:
    """Return the newest version that a constraint (`~> 5.0, != 5.2.0`) allows, None where none does.

    A pre-release counts only where the constraint names it exactly. Raises DownloadError for what is no constraint.
    """
    parts = [one.strip() for one in constraint.split(",") if one.strip()]
    tests = []
    for part in parts:
        match = _CONSTRAINT.fullmatch(part)
        if match is None:
            raise DownloadError(f'"{constraint}" is no constraint of versions')
        tests.append((match[1] or "=", match[2]))
    found: list[tuple[Version, str]] = []
    for text in versions:
        version = _parsed(text)
        if version is not None and all(_allows(operator, wanted, version) for operator, wanted in tests):
            named = any(operator == "=" and _parsed(wanted) == version for operator, wanted in tests)
            if not version[1] or named:
                found.append((version, text))
    return max(found)[1] if found else None


def _allows(operator: str, wanted: str, version: Version) -> bool:
    bound = _parsed(wanted)
    assert bound is not None
    if operator in ("=", "!="):
        return (version == bound) is (operator == "=")
    if operator == "~>":
        fixed = max(wanted.partition("-")[0].count("."), 1)
        return version[0] >= bound[0] and version[0][:fixed] == bound[0][:fixed]
    return {
        ">": version[0] > bound[0],
        ">=": version[0] >= bound[0],
        "<": version[0] < bound[0],
        "<=": version[0] <= bound[0],
    }[operator]
