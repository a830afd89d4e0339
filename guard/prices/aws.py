"""The AWS Price List API, and EC2 for the prices of spot and for machine types that are new."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from time import sleep
from typing import Any, TypeAlias

from guard.prices._aws_offers import ebs_prices, ec2_prices, sagemaker_prices
from guard.prices._derived import SPOT_HIGH, SPOT_LOW
from guard.prices._pages import StaleToken
from guard.prices._source import Asked, Listed, PriceSource, UpdateError, price_facts, usable
from guard.prices.writing import Facts, PriceFact, SpecsFact

HOME = "us-east-1"
"""The Price List answers in three regions only, for all regions; this is the one that has been there longest."""
SOURCE, SPOT_SOURCE, TYPES_SOURCE = "aws-price-list", "ec2-spot-price-history", "ec2-instance-types"
ATTEMPTS = 3
SPOT_DAYS = 1
"""Over how long spot prices are taken: a week of all types and zones is fifty times as many pages."""
_INSTALL = "guard needs boto3 to ask AWS: pip install 'guard-iac[aws]'"
_REGION = re.compile(r"[a-z]{2}(-[a-z]+){1,2}-\d")
_CODE = re.compile(r"[a-z0-9-]{3,40}")
_STALE = frozenset({"ExpiredNextTokenException", "InvalidNextTokenException"})
# Regions that the account has not switched on, or that its user may not ask: their spot prices stay as they were.
_REFUSED = frozenset({"AuthFailure", "UnauthorizedOperation", "OptInRequired", "AccessDenied", "Blocked"})
_LINUX = {"operatingSystem": "Linux", "tenancy": "Shared", "preInstalledSw": "NA", "capacitystatus": "Used"}
Question: TypeAlias = tuple[str, str, dict[str, str], Callable[[object], Iterator[Listed]]]
"""A title, the service, the fields and their values, and what reads a product."""
_QUESTIONS: tuple[Question, ...] = (
    ("EC2", "AmazonEC2", _LINUX, ec2_prices),
    ("SageMaker", "AmazonSageMaker", {"productFamily": "ML Instance"}, sagemaker_prices),
    ("EBS", "AmazonEC2", {"productFamily": "Storage"}, ebs_prices),
    ("EBS IOPS", "AmazonEC2", {"productFamily": "System Operation", "group": "EBS IOPS"}, ebs_prices),
    ("EBS IOPS", "AmazonEC2", {"productFamily": "System Operation", "group": "EBS IOPS Tier 2"}, ebs_prices),
    ("EBS IOPS", "AmazonEC2", {"productFamily": "System Operation", "group": "EBS IOPS Tier 3"}, ebs_prices),
    ("EBS throughput", "AmazonEC2", {"productFamily": "Provisioned Throughput"}, ebs_prices),
)


def _fetch(asked: Asked) -> Facts:
    session = _session()
    client = _client(session, "pricing", HOME)
    for region in asked.regions:
        if not _CODE.fullmatch(region):
            raise UpdateError(f"{region} is no region of AWS; write it as `eu-west-1`")
    with _explained("the AWS Price List"):
        regions = asked.regions or _regions(client, asked)
        found = [row for question in _QUESTIONS for row in _answers(client, asked, regions, question)]
    prices, left_out = price_facts("aws", SOURCE, found)
    if left_out:
        asked.tell(f"{left_out} prices left out: two prices for one thing")
    spot: list[PriceFact] = []
    specs: dict[str, SpecsFact] = {}
    known = {one.instance_type.lower() for one in asked.machines}
    for region in (one for one in regions if _REGION.fullmatch(one)):
        sold = {one.sku for one in prices if one.region == region and not one.service}
        with _explained(f"EC2 in {region}"):
            machines = _client(session, "ec2", region)
            spot += _spot_prices(machines, asked, region, sold)
            new = sorted(name for name in sold - specs.keys() if name.lower() not in known)
            specs |= {one.instance_type: one for one in _types(machines, asked, region, new)}
    return Facts(prices + spot, specs=[specs[name] for name in sorted(specs)])


def _answers(client: Any, asked: Asked, regions: tuple[str, ...], question: Question) -> Iterator[Listed]:
    """Yield the answer of all regions: at once where it is short, else region by region, so that little is lost."""
    name, service, filters, read = question
    if not asked.regions and service == "AmazonEC2" and filters is not _LINUX:
        yield from (row for row in _products(client, asked, name, service, filters, read) if row.region in regions)
        return
    for number, region in enumerate(regions, start=1):
        where = f"{name}, {region} ({number} of {len(regions)})"
        for row in _products(client, asked, where, service, {**filters, "regionCode": region}, read):
            # A server that ignores the filter must not put one region's price into another's answer.
            if row.region == region:
                yield row


def _session() -> Any:
    """Return a session of the SDK, in which the descriptions of services are read once for all regions."""
    try:
        import boto3
    except ImportError as error:
        raise UpdateError(_INSTALL) from error
    return boto3.Session()


def _client(session: Any, service: str, region: str) -> Any:
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    patient = Config(retries={"mode": "standard", "max_attempts": 8}, connect_timeout=20, read_timeout=60)
    try:
        return session.client(service, region_name=region, config=patient)
    except (BotoCoreError, ValueError) as error:
        raise UpdateError(f"AWS cannot be asked: {error}") from error


@contextmanager
def _explained(what: str) -> Iterator[None]:
    """Turn the errors of the SDK into one that says what to do."""
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

    try:
        yield
    except NoCredentialsError as error:
        advice = "sign in as for the AWS command line (aws configure, AWS_PROFILE); it needs pricing:GetProducts"
        raise UpdateError(f"{what} cannot be asked without credentials: {advice}") from error
    except (BotoCoreError, ClientError) as error:
        raise UpdateError(f"{what} does not answer: {error}") from error


def _regions(client: Any, asked: Asked) -> tuple[str, ...]:
    def page(token: str) -> tuple[list[Any], str]:
        asked.tell("regions")
        question = {"ServiceCode": "AmazonEC2", "AttributeName": "regionCode"}
        return _page(client.get_attribute_values, token, "AttributeValues", _code_row, **question)

    codes = {code for code in asked.pages.rows("aws regions", page) if _CODE.fullmatch(code)}
    # China's list is another one, in another currency.
    found = tuple(sorted(code for code in codes if not code.startswith("cn-")))
    if not found:
        raise UpdateError("the AWS Price List names no region")
    return found


def _code_row(item: dict[str, Any]) -> Iterator[str]:
    yield str(item["Value"])


def _products(
    client: Any,
    asked: Asked,
    where: str,
    service: str,
    filters: dict[str, str],
    read: Callable[[object], Iterator[Listed]],
) -> list[Listed]:
    fields = [{"Type": "TERM_MATCH", "Field": name, "Value": value} for name, value in filters.items()]

    def page(token: str) -> tuple[list[Any], str]:
        asked.tell(where)
        question = {"ServiceCode": service, "Filters": fields, "MaxResults": 100}
        rows, following = _page(client.get_products, token, "PriceList", read, **question)
        return [list(row) for row in rows], following

    query = f"{service} {sorted(filters.items())}"
    return [Listed(*row) for row in asked.pages.rows(query, page)]


def _spot_prices(client: Any, asked: Asked, region: str, sold: set[str]) -> list[PriceFact]:
    """Return the lowest and highest spot price of each type in any zone of a region, over the last day."""
    end = datetime.combine(asked.day, time(), UTC)

    def page(token: str) -> tuple[list[Any], str]:
        asked.tell(f"{region}: spot")
        # Without these EC2 answers with Windows and three months as well.
        which = {"ProductDescriptions": ["Linux/UNIX"], "StartTime": end - timedelta(days=SPOT_DAYS)}
        history = client.describe_spot_price_history
        return _page(history, token, "SpotPriceHistory", _spot_row, **which, MaxResults=1000)

    rows = asked.pages.rows(f"spot {region} {asked.day}", _unless_refused(page, asked, region))
    ends: dict[str, tuple[Decimal, Decimal]] = {}
    for name, amount in ((row[0], Decimal(row[1])) for row in rows):
        low, high = ends.get(name, (amount, amount))
        ends[name] = min(low, amount), max(high, amount)
    day = asked.day.isoformat()
    listed = [
        Listed("", name, region, "hour", purchase, "", day, str(amount))
        for name in sorted(ends.keys() & sold)
        for purchase, amount in zip((SPOT_LOW, SPOT_HIGH), ends[name], strict=True)
    ]
    return price_facts("aws", SPOT_SOURCE, listed)[0]


def _spot_row(item: dict[str, Any]) -> Iterator[list[str]]:
    if item["ProductDescription"] == "Linux/UNIX":
        amount = Decimal(item["SpotPrice"])
        if amount.is_finite() and amount > 0:
            yield [item["InstanceType"], str(amount)]


def _types(client: Any, asked: Asked, region: str, unknown: list[str]) -> list[SpecsFact]:
    """Return what these types are, which have a price and which the price book does not know yet."""
    found: list[SpecsFact] = []
    for start in range(0, len(unknown), 100):
        names = unknown[start : start + 100]

        def page(token: str, names: list[str] = names) -> tuple[list[Any], str]:
            asked.tell(f"{region}: new instance types")
            # A filter, because one unknown name in InstanceTypes fails the whole question.
            filters = [{"Name": "instance-type", "Values": names}]
            types = client.describe_instance_types
            return _page(types, token, "InstanceTypes", _type_row, Filters=filters, MaxResults=100)

        query = f"types {region} {names}"
        rows = asked.pages.rows(query, _unless_refused(page, asked, region))
        found += [_specs(row, asked.day.isoformat()) for row in rows]
    return found


def _type_row(item: dict[str, Any]) -> Iterator[list[str]]:
    maker, name, count, mib = "", "", 0, 0
    neuron = (item.get("NeuronInfo") or {}).get("NeuronDevices") or []
    older = (item.get("InferenceAcceleratorInfo") or {}).get("Accelerators") or []
    devices = (item.get("GpuInfo") or {}).get("Gpus") or neuron or older
    if devices:
        first = devices[0]
        maker, name, count = first.get("Manufacturer", "AWS"), first["Name"], first["Count"]
        mib = (first.get("MemoryInfo") or {}).get("SizeInMiB", 0)
    architecture = (item.get("ProcessorInfo") or {}).get("SupportedArchitectures") or [""]
    yield [
        item["InstanceType"],
        str(int(item["VCpuInfo"]["DefaultVCpus"])),
        str(int(item["MemoryInfo"]["SizeInMiB"])),
        f"{maker} {name}".strip(),
        str(int(count)),
        str(int(mib)),
        str(architecture[-1]),
    ]


def _specs(row: list[str], day: str) -> SpecsFact:
    name, vcpu, mib, accelerator, count, each, architecture = row
    return SpecsFact(
        provider="aws",
        instance_type=name,
        vcpu=Decimal(vcpu),
        memory_gib=_gib(mib),
        accelerator=accelerator,
        accelerator_count=Decimal(count) if accelerator else None,
        accelerator_memory_gib=_gib(each) if accelerator and each != "0" else None,
        architecture=architecture,
        source=TYPES_SOURCE,
        as_of=day,
    )


def _gib(mib: str) -> Decimal:
    return (Decimal(mib) / 1024).quantize(Decimal("0.0001"))


def _unless_refused(
    page: Callable[[str], tuple[list[Any], str]], asked: Asked, region: str
) -> Callable[[str], tuple[list[Any], str]]:
    from botocore.exceptions import ClientError

    def ask(token: str) -> tuple[list[Any], str]:
        try:
            return page(token)
        except ClientError as error:
            if str(_code(error)).startswith(tuple(_REFUSED)):
                asked.tell(f"{region}: EC2 refuses ({_code(error)}), its spot prices stay as they were")
                return [], ""
            raise

    return ask


def _page(
    operation: Callable[..., dict[str, Any]], token: str, name: str, read: Callable[[Any], Iterator[Any]], **asked: Any
) -> tuple[list[Any], str]:
    """Return what `read` makes of the list `name` in the answer, and the next token."""
    for attempt in range(ATTEMPTS):
        if attempt:
            sleep(2**attempt)
        answer = _call(operation, token, asked)
        # The SDK makes an empty answer of a body that was cut short or is no JSON, and does not ask again.
        items = answer.get(name)
        if isinstance(items, list):
            return usable(items, read), str(answer.get("NextToken") or "")
    raise UpdateError(f"AWS: the answer has no list of {name}")


def _call(operation: Callable[..., dict[str, Any]], token: str, asked: dict[str, Any]) -> dict[str, Any]:
    from botocore.exceptions import ClientError

    try:
        return operation(**asked, **({"NextToken": token} if token else {}))
    except UnicodeDecodeError:
        return {}
    except ClientError as error:
        if token and _code(error) in _STALE:
            raise StaleToken from error
        raise


def _code(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


PRICES = PriceSource("AWS Price List", "aws", _fetch)
