"""Actual spend: FOCUS exports as files, and Cost Explorer through the SDK's own model of its protocol."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guard.model.spend import SpendError, SpendScope, Spent, run_rate, share_left
from guard.prices import spend_aws, spend_focus

TODAY = date(2026, 11, 20)
HEAD = "ChargePeriodStart,ChargePeriodEnd,BilledCost,EffectiveCost,BillingCurrency,ProviderName,RegionId,Tags\n"
ROWS = (
    '2026-11-01T00:00:00Z,2026-11-02T00:00:00Z,12,10,USD,AWS,us-east-1,"{""CostCenter"": ""cc-1"", ""a"": ""b""}"\n'
    '2026-11-10T00:00:00Z,2026-11-11T00:00:00Z,,30.5,USD,Amazon Web Services,eu-west-1,"{""cost-center"": ""cc-2""}"\n'
    "2026-11-10T00:00:00Z,2026-11-11T00:00:00Z,7,,USD,Google Cloud,us-central1,\n"
    "2026-10-31T00:00:00Z,2026-11-01T00:00:00Z,999,999,USD,AWS,us-east-1,{}\n"
    "2026-11-25T00:00:00Z,2026-11-26T00:00:00Z,999,999,USD,AWS,us-east-1,{}\n"
)


def export(tmp_path: Path, text: str = HEAD + ROWS) -> str:
    path = tmp_path / "focus.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


def spent(path: str, scope: SpendScope) -> Spent:
    return spend_focus.source(path, TODAY)(scope)


def test_the_month_to_date_and_a_run_rate(tmp_path: Path) -> None:
    found = spent(export(tmp_path), SpendScope())
    # 10 + 30.5 + 7 in the first 10 days of 30; a third of the month is left after the 20th.
    assert found == Spent(Decimal("47.5"), Decimal("142.5"), "2026-11-10", Decimal(10) / 30, "focus.csv")


@pytest.mark.parametrize(
    ("since", "earlier"),
    [(None, "0"), ("2026-11-01", "0"), ("2026-10-01", "999"), ("2026-10-15", "999"), ("2026-09-01", None)],
)
def test_what_was_spent_of_a_fiscal_period_before_the_month(
    tmp_path: Path, since: str | None, earlier: str | None
) -> None:
    scope = SpendScope(since=date.fromisoformat(since) if since else None)
    assert spent(export(tmp_path), scope).earlier == (Decimal(earlier) if earlier else None)


@pytest.mark.parametrize(
    ("scope", "amount"),
    [
        (SpendScope(providers=("aws",)), "40.5"),
        (SpendScope(providers=("google",)), "7"),
        (SpendScope(regions=("eu-*",)), "30.5"),
        (SpendScope(labels=(("cost-center", ("cc-*",)),)), "40.5"),
        (SpendScope(labels=(("cost-center", ("cc-1",)),)), "10"),
        (SpendScope(labels=(("owner", ("*",)),)), "0"),
        (SpendScope(providers=("aws",), regions=("us-*",)), "10"),
    ],
)
def test_a_scope_takes_its_own_charges(tmp_path: Path, scope: SpendScope, amount: str) -> None:
    assert spent(export(tmp_path), scope).so_far == Decimal(amount)


def test_compressed_exports_are_read(tmp_path: Path) -> None:
    path = tmp_path / "focus.csv.gz"
    path.write_bytes(gzip.compress((HEAD + ROWS).encode()))
    assert spent(str(path), SpendScope()).so_far == Decimal("47.5")


def test_parquet_is_read_with_its_own_types(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    from datetime import UTC, datetime

    at = [datetime(2026, 11, 3, tzinfo=UTC), datetime(2026, 11, 4, tzinfo=UTC)]
    columns = {
        "ChargePeriodStart": at,
        "ChargePeriodEnd": at,
        "EffectiveCost": [1.5, 2.5],
        "BillingCurrency": ["USD", None],
        "ServiceProviderName": ["AWS", "Microsoft"],
        "Tags": pyarrow.array([[("team", "ml")], None], pyarrow.map_(pyarrow.string(), pyarrow.string())),
        "x_Other": ["a", "b"],
    }
    path = tmp_path / "focus.parquet"
    parquet.write_table(pyarrow.table(columns), path)
    assert spent(str(path), SpendScope()).so_far == 4
    assert spent(str(path), SpendScope(labels=(("team", ("ml",)),))).so_far == Decimal("1.5")
    assert spent(str(path), SpendScope(providers=("azure",))).so_far == Decimal("2.5")
    path.write_bytes(b"PAR1 nothing")
    with pytest.raises(SpendError, match="is no Parquet file"):
        spent(str(path), SpendScope())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "is no cost export in FOCUS"),
        (HEAD + "yesterday,,1,1,USD,AWS,,\n", "row 1: ChargePeriodStart is 'yesterday', not a time"),
        (HEAD + "2026-11-01T00:00:00Z,,1,1,EUR,AWS,,\n", "row 1: the charges are in EUR"),
        (HEAD + "2026-11-01T00:00:00Z,,1,much,USD,AWS,,\n", "row 1: 'much' is no amount"),
        (HEAD + "2026-11-01T00:00:00Z,,1,NaN,USD,AWS,,\n", "row 1: 'NaN' is no amount of money"),
        (HEAD + "2026-11-01T00:00:00Z,,1,1,USD,AWS,,[1]\n", "row 1: Tags is not a JSON object"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_row(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SpendError) as error:
        spent(export(tmp_path, text), SpendScope())
    assert message in str(error.value)


def test_a_missing_file_is_told() -> None:
    with pytest.raises(SpendError, match="No such file"):
        spent("/nowhere/focus.csv", SpendScope())


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(st.binary(max_size=200), st.text(max_size=80).map(lambda text: (HEAD + text).encode("utf-8", "ignore")))
)
def test_any_bytes_are_read_or_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "focus.csv"
    path.write_bytes(content)
    try:
        assert spent(str(path), SpendScope()).so_far.is_finite()
    except SpendError as error:
        assert str(path) in str(error)


def test_the_rest_of_a_month() -> None:
    assert share_left(date(2026, 2, 28)) == 0
    assert share_left(date(2026, 11, 15)) == Decimal("0.5")
    assert run_rate(Decimal(100), 10, date(2026, 11, 12)) == 300


@pytest.fixture
def explorer() -> Iterator[tuple[Any, Any]]:
    boto3 = pytest.importorskip("boto3")
    from botocore.stub import Stubber

    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "y"}
    client = boto3.client("ce", region_name="us-east-1", **keys)
    with Stubber(client) as stub:
        yield client, stub
        stub.assert_no_pending_responses()


def total(amount: str) -> dict[str, Any]:
    return {"AmortizedCost": {"Amount": amount, "Unit": "USD"}}


def test_cost_explorer_tells_the_month_and_its_forecast(explorer: tuple[Any, Any]) -> None:
    client, stub = explorer
    period = {"Start": "2026-11-01", "End": "2026-11-20"}
    asked = {"TimePeriod": period, "Granularity": "MONTHLY", "Metrics": ["AmortizedCost"]}
    result = {"TimePeriod": period, "Total": total("1900.50"), "Estimated": True}
    stub.add_response("get_cost_and_usage", {"ResultsByTime": [result], "NextPageToken": "n"}, asked)
    stub.add_response("get_cost_and_usage", {"ResultsByTime": []}, {**asked, "NextPageToken": "n"})
    rest = {"Start": "2026-11-20", "End": "2026-12-01"}
    stub.add_response(
        "get_cost_forecast",
        {"Total": {"Amount": "1100", "Unit": "USD"}},
        {"TimePeriod": rest, "Metric": "AMORTIZED_COST", "Granularity": "MONTHLY"},
    )
    found = spend_aws.source(TODAY, client)(SpendScope())
    assert found == Spent(Decimal("1900.50"), Decimal("3000.50"), "2026-11-19", Decimal(10) / 30, "Cost Explorer")


def test_cost_explorer_is_asked_for_the_fiscal_period_too(explorer: tuple[Any, Any]) -> None:
    client, stub = explorer
    for start, end, amount in (("2026-11-01", "2026-11-20", "1900"), ("2026-04-01", "2026-11-01", "7000")):
        period = {"Start": start, "End": end}
        asked = {"TimePeriod": period, "Granularity": "MONTHLY", "Metrics": ["AmortizedCost"]}
        result = {"TimePeriod": period, "Total": total(amount), "Estimated": True}
        stub.add_response("get_cost_and_usage", {"ResultsByTime": [result]}, asked)
    stub.add_response("get_cost_forecast", {"Total": {"Amount": "1100", "Unit": "USD"}})
    found = spend_aws.source(TODAY, client)(SpendScope(since=date(2026, 4, 1)))
    assert (found.so_far, found.forecast, found.earlier) == (Decimal(1900), Decimal(3000), Decimal(7000))


def test_a_scope_becomes_a_filter_with_the_values_that_aws_knows(explorer: tuple[Any, Any]) -> None:
    client, stub = explorer
    period = {"Start": "2026-11-01", "End": "2026-11-21"}
    regions = [{"Value": one} for one in ("eu-west-1", "us-east-1", "eu-north-1")]
    stub.add_response(
        "get_dimension_values",
        {"DimensionValues": regions, "ReturnSize": 3, "TotalSize": 3},
        {"TimePeriod": period, "Dimension": "REGION"},
    )
    stub.add_response(
        "get_tags", {"Tags": ["CostCenter", "owner"], "ReturnSize": 2, "TotalSize": 2}, {"TimePeriod": period}
    )
    stub.add_response(
        "get_tags",
        {"Tags": ["", "cc-1", "cc-2", "other"], "ReturnSize": 4, "TotalSize": 4},
        {"TimePeriod": period, "TagKey": "CostCenter"},
    )
    wanted = {
        "And": [
            {"Dimensions": {"Key": "REGION", "Values": ["eu-north-1", "eu-west-1"]}},
            {"Tags": {"Key": "CostCenter", "Values": ["cc-1", "cc-2"]}},
        ]
    }
    month = {"Start": "2026-11-01", "End": "2026-11-20"}
    stub.add_response(
        "get_cost_and_usage",
        {"ResultsByTime": [{"TimePeriod": month, "Total": total("190"), "Estimated": True}]},
        {"TimePeriod": month, "Granularity": "MONTHLY", "Metrics": ["AmortizedCost"], "Filter": wanted},
    )
    stub.add_client_error("get_cost_forecast", "DataUnavailableException")
    scope = SpendScope(("aws",), ("eu-*",), (("cost-center", ("cc-*",)),))
    found = spend_aws.source(TODAY, client)(scope)
    # Too little history for a forecast: as in the first 19 days.
    assert (found.so_far, found.forecast) == (Decimal(190), Decimal(300))


def test_what_aws_does_not_have_costs_nothing_there(explorer: tuple[Any, Any]) -> None:
    client, stub = explorer
    assert spend_aws.source(TODAY, client)(SpendScope(providers=("google",))).so_far == 0
    stub.add_response("get_tags", {"Tags": ["owner"], "ReturnSize": 1, "TotalSize": 1})
    assert spend_aws.source(TODAY, client)(SpendScope(labels=(("team", ("ml",)),))).so_far == 0


def test_a_refusal_names_the_permissions(explorer: tuple[Any, Any]) -> None:
    client, stub = explorer
    stub.add_client_error("get_cost_and_usage", "AccessDeniedException", "no")
    with pytest.raises(SpendError, match="ce:GetCostAndUsage, ce:GetCostForecast"):
        spend_aws.source(TODAY, client)(SpendScope())
