"""Price lists on loopback that speak the providers' own protocols, and fail as those do."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Fault:
    """What to do instead of answering: a status, or `cut` (half of the answer), `garbage`, `text`."""

    kind: str = ""
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"{}"


@dataclass
class Served:
    """A server: its address, what it was asked, and the faults that it makes by the number of the request, from 0."""

    address: str
    asked: list[Any]
    faults: dict[int, Fault] = field(default_factory=dict)


Answer = Callable[[str, dict[str, str], bytes, Served], tuple[int, str, bytes]]


@contextmanager
def serving(answer: Answer) -> Iterator[Served]:
    """Run an HTTP server that answers with (status, content type, body)."""
    served = Served("", [])

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  the name is the base class's
            return

        def do_GET(self) -> None:
            self._serve(b"")

        def do_POST(self) -> None:
            self._serve(self.rfile.read(int(self.headers["Content-Length"])))

        def _serve(self, body: bytes) -> None:
            number = len(served.asked)
            status, kind, made = answer(self.path, dict(self.headers), body, served)
            fault = served.faults.get(number)
            headers = {"Content-Type": kind}
            if fault and fault.status:
                status, made, headers = fault.status, fault.body, {**headers, **fault.headers}
            if fault and fault.kind == "garbage":
                made = b"\xff\xfe not a price list <<<"
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(made)))
            self.end_headers()
            if fault and fault.kind == "cut":
                self.wfile.write(made[: len(made) // 2])
                self.close_connection = True
                return
            self.wfile.write(made)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    served.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def retail(items: Callable[[], list[dict[str, Any]]], size: int) -> Answer:
    """Answer as the Azure Retail Prices API: `$filter`, `$skip`, NextPageLink."""

    def answer(path: str, headers: dict[str, str], body: bytes, served: Served) -> tuple[int, str, bytes]:
        query = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        served.asked.append(query)
        found = [one for one in items() if _retail_fits(one, query["$filter"])]
        start = int(query.get("$skip", "0"))
        more = start + size < len(found)
        link = (
            f"{served.address}{urlsplit(path).path}?{_query({**query, '$skip': str(start + size)})}" if more else None
        )
        page = {"BillingCurrency": "USD", "Items": found[start : start + size], "NextPageLink": link}
        return 200, "application/json; charset=utf-8", json.dumps(page).encode()

    return answer


def _query(query: dict[str, str]) -> str:
    from urllib.parse import quote, urlencode

    return urlencode(query, quote_via=quote)


def _retail_fits(item: dict[str, Any], condition: str) -> bool:
    for part in condition.split(" and "):
        if part.startswith("contains("):
            name, _, value = part.removeprefix("contains(").removesuffix(")").partition(", ")
            if value.strip("'") not in item[name]:
                return False
        else:
            name, _, value = part.partition(" eq ")
            if item[name] != value.strip("'"):
                return False
    return True


def price_list(products: list[str], size: int) -> Answer:
    """Answer as AWSPriceListService (JSON 1.1): GetProducts and GetAttributeValues, with NextToken."""

    def answer(path: str, headers: dict[str, str], body: bytes, served: Served) -> tuple[int, str, bytes]:
        operation = {name.lower(): value for name, value in headers.items()}["x-amz-target"].partition(".")[2]
        asked = json.loads(body)
        served.asked.append((operation, asked))
        if operation == "GetAttributeValues":
            codes = sorted({json.loads(one)["product"]["attributes"]["regionCode"] for one in products})
            return (
                200,
                "application/x-amz-json-1.1",
                json.dumps({"AttributeValues": [{"Value": one} for one in codes]}).encode(),
            )
        found = [one for one in products if _product_fits(json.loads(one), asked)]
        start = int(asked.get("NextToken", "0"))
        made: dict[str, Any] = {"FormatVersion": "aws_v1", "PriceList": found[start : start + size]}
        if start + size < len(found):
            made["NextToken"] = str(start + size)
        return 200, "application/x-amz-json-1.1", json.dumps(made).encode()

    return answer


def _product_fits(offer: dict[str, Any], asked: dict[str, Any]) -> bool:
    product = offer["product"]
    known = {**product["attributes"], "productFamily": product["productFamily"]}
    wanted = {one["Field"]: one["Value"] for one in asked["Filters"]}
    return offer["serviceCode"] == asked["ServiceCode"] and all(known.get(k) == v for k, v in wanted.items())


def ec2(history: list[dict[str, str]], types: list[str], size: int) -> Answer:
    """Answer as EC2's query protocol: DescribeSpotPriceHistory with nextToken, and DescribeInstanceTypes."""

    def answer(path: str, headers: dict[str, str], body: bytes, served: Served) -> tuple[int, str, bytes]:
        asked = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        served.asked.append(asked)
        if asked["Action"] == "DescribeInstanceTypes":
            names = {value for name, value in asked.items() if name.startswith("Filter.1.Value")}
            shown = "".join(one for one in types if any(f">{name}<" in one for name in names))
            made = f"<instanceTypeSet>{shown}</instanceTypeSet>"
        else:
            start = int(asked.get("NextToken", "0"))
            rows = history[start : start + size]
            made = "".join(
                f"<item>{''.join(f'<{name}>{value}</{name}>' for name, value in row.items())}</item>" for row in rows
            )
            token = str(start + size) if start + size < len(history) else ""
            made = f"<spotPriceHistorySet>{made}</spotPriceHistorySet><nextToken>{token}</nextToken>"
        name = f"{asked['Action']}Response"
        text = f'<{name} xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId>{made}</{name}>'
        return 200, "text/xml", text.encode()

    return answer
