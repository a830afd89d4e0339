"""Actual spend from AWS: Cost Explorer's month to date and forecast of a scope, through boto3 (`ce`).

Facts: https://docs.aws.amazon.com/cost-management/latest/APIReference/ (GetCostAndUsage, GetCostForecast, GetTags).
Each request costs USD 0.01 (https://aws.amazon.com/aws-cost-management/aws-cost-explorer/pricing/). The end of a period
is exclusive; amortised cost spreads commitments over what they cover; a forecast begins today at the earliest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from guard.model.glob import matches
from guard.model.spend import SpendError, SpendScope, Spent, folded, run_rate, share_left

_COST, _FORECAST = "AmortizedCost", "AMORTIZED_COST"
_HOME = "us-east-1"
_MOST_PAGES = 200
_INSTALL = "guard needs boto3 to ask Cost Explorer: pip install 'guard-iac[aws]'"


def source(today: date, client: Any = None) -> Callable[[SpendScope], Spent]:
    """Return what answers for a scope with what AWS charged this month; `client` is of `ce`, made where none is given.

    Asking raises SpendError where AWS does not answer, or where the scope has another provider.
    """
    explorer = client or _client()

    def ask(scope: SpendScope) -> Spent:
        with _explained():
            return _spent(explorer, scope, today)

    return ask


def _spent(explorer: Any, scope: SpendScope, today: date) -> Spent:
    left = share_left(today)
    if scope.providers and not any(matches(glob, "aws") for glob in scope.providers):
        return Spent(Decimal(0), Decimal(0), today.isoformat(), left, "Cost Explorer")
    first = today.replace(day=1)
    since = min(scope.since or first, first)
    period = {"Start": first.isoformat(), "End": today.isoformat()}
    whole = {"Start": since.isoformat(), "End": (today + timedelta(days=1)).isoformat()}
    wanted = _filter(explorer, scope, whole)
    if wanted is None:
        return Spent(Decimal(0), Decimal(0), today.isoformat(), left, "Cost Explorer")
    until = today - timedelta(days=1)
    # On the first of a month no day is over yet, and a period of no days is refused.
    so_far = _charged(explorer, period, wanted) if today > first else Decimal(0)
    before = {"Start": since.isoformat(), "End": first.isoformat()}
    earlier = _charged(explorer, before, wanted) if since < first else Decimal(0)
    forecast = so_far + _rest(explorer, today, wanted, so_far)
    return Spent(so_far, forecast, until.isoformat(), left, "Cost Explorer", earlier)


def _charged(explorer: Any, period: dict[str, str], wanted: dict[str, Any]) -> Decimal:
    asked = {"TimePeriod": period, "Granularity": "MONTHLY", "Metrics": [_COST], **wanted}
    pages = _pages(explorer.get_cost_and_usage, asked)
    return sum((_dollars(one["Total"][_COST]) for page in pages for one in page["ResultsByTime"]), Decimal(0))


def _rest(explorer: Any, today: date, wanted: dict[str, Any], so_far: Decimal) -> Decimal:
    """Return what AWS expects of the rest of the month; as until now where it has too little history to say."""
    from botocore.exceptions import ClientError

    end = (today.replace(day=28) + timedelta(days=4)).replace(day=1)
    period = {"Start": today.isoformat(), "End": end.isoformat()}
    try:
        answer = explorer.get_cost_forecast(TimePeriod=period, Metric=_FORECAST, Granularity="MONTHLY", **wanted)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "DataUnavailableException":
            raise
        return run_rate(so_far, today.day - 1, today) - so_far
    return _dollars(answer["Total"])


def _filter(explorer: Any, scope: SpendScope, period: dict[str, str]) -> dict[str, Any] | None:
    """Return the `Filter` of a scope, none of it where all counts, and None where nothing in AWS can fit."""
    parts: list[dict[str, Any]] = []
    if scope.regions:
        regions = _fitting(_dimension(explorer, period), scope.regions)
        if not regions:
            return None
        parts.append({"Dimensions": {"Key": "REGION", "Values": regions}})
    for key, globs in scope.labels:
        expression = _tag(explorer, key, globs, period)
        if expression is None:
            return None
        parts.append(expression)
    if not parts:
        return {}
    return {"Filter": parts[0] if len(parts) == 1 else {"And": parts}}


def _tag(explorer: Any, key: str, globs: Sequence[str], period: dict[str, str]) -> dict[str, Any] | None:
    """Return the expression of a tag in all the spellings of its key that AWS knows."""
    found = []
    for name in _tags(explorer, {"TimePeriod": period}):
        if folded(name) == folded(key):
            values = _fitting(_tags(explorer, {"TimePeriod": period, "TagKey": name}), globs)
            found += [{"Tags": {"Key": name, "Values": values}}] if values else []
    return None if not found else found[0] if len(found) == 1 else {"Or": found}


def _fitting(values: Sequence[str], globs: Sequence[str]) -> list[str]:
    return sorted({one for one in values if one and any(matches(glob, one) for glob in globs)})


def _tags(explorer: Any, asked: dict[str, Any]) -> list[str]:
    return [name for page in _pages(explorer.get_tags, asked) for name in page["Tags"]]


def _dimension(explorer: Any, period: dict[str, str]) -> list[str]:
    asked = {"TimePeriod": period, "Dimension": "REGION"}
    return [one["Value"] for page in _pages(explorer.get_dimension_values, asked) for one in page["DimensionValues"]]


def _pages(call: Callable[..., Any], asked: dict[str, Any]) -> Iterator[Any]:
    token: dict[str, str] = {}
    for _ in range(_MOST_PAGES):
        page = call(**asked, **token)
        yield page
        if not page.get("NextPageToken"):
            return
        token = {"NextPageToken": page["NextPageToken"]}
    raise SpendError("Cost Explorer answers without end")


def _dollars(amount: Any) -> Decimal:
    if amount.get("Unit", "USD") != "USD":
        raise SpendError(f"AWS bills in {amount['Unit']}, and guard compares in USD only")
    return Decimal(amount["Amount"])


def _client() -> Any:
    try:
        import boto3
    except ImportError:
        raise SpendError(_INSTALL) from None
    with _explained():
        return boto3.client("ce", region_name=_HOME)


@contextmanager
def _explained() -> Iterator[None]:
    """Turn the errors of the SDK, and answers that make no sense, into one that says what to do."""
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

    try:
        yield
    except NoCredentialsError:
        raise SpendError("AWS cannot be asked what was spent: there are no credentials (aws configure)") from None
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        need = "; the permissions are ce:GetCostAndUsage, ce:GetCostForecast, ce:GetTags and ce:GetDimensionValues"
        raise SpendError(f"Cost Explorer refuses: {error}{need if 'Denied' in code else ''}") from None
    except (BotoCoreError, KeyError, TypeError, ArithmeticError) as error:
        raise SpendError(f"Cost Explorer cannot be asked: {error}") from None
