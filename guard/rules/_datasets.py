"""What rules on data sets ask: how each that a resource keeps, writes or reads is stored, and how it is compressed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from guard.model.location import Location
from guard.model.node import Node
from guard.model.resource import Purpose, Resource
from guard.model.value import Absent, Known, Unknown, Value, first, mapped
from guard.rules._workloads import RUNS, declared

FORMAT_LABELS = ("dataset-format", "data-format")
COMPRESSION_LABELS = ("dataset-compression", "data-compression")
# Columnar formats compress by themselves, whatever is said beside them.
COLUMNAR = ("parquet", "orc", "arrow", "feather", "delta", "iceberg", "lance")
_SUFFIX = re.compile(r"\.([a-z]+)(?:\.(gz|gzip|zst|zstd|bz2|xz|snappy|lz4))?$")
_NAMES = {
    "newline_delimited_json": "json",
    "newline-delimited-json": "json",
    "delimited": "csv",
    "csv_ser_de": "csv",
    "x-parquet": "parquet",
    "jsonlines": "jsonl",
}
# What stands in the class names of Hive's readers and writers, which Glue takes.
_CLASSES = (
    ("parquet", "parquet"),
    ("orc", "orc"),
    ("avro", "avro"),
    ("json", "json"),
    ("csv", "csv"),
    ("lazysimple", "csv"),
)


class Dataset(NamedTuple):
    """A data set: its format and compression as words in small letters (`csv`, `gzip`, `none`)."""

    format: Value[str]
    compression: Value[str]


Reader = Callable[[Node, Location], Iterator[Dataset]]
"""Reads the body of a resource whose header stands at a location."""


def datasets(resource: Resource) -> Iterator[Dataset]:
    """Yield the data sets of a resource of which anything is said: tables, streams, those of a run, those by label."""
    reader = _READERS.get(resource.type)
    if reader is not None:
        yield from reader(resource.body, resource.location)
        return
    yield from _of_own_spec(resource)
    labelled = (declared(resource, FORMAT_LABELS), declared(resource, COMPRESSION_LABELS))
    if any(isinstance(one, Known) for one in labelled):
        yield _dataset(*labelled)
    elif resource.purpose in RUNS or resource.purpose is Purpose.PIPELINE:
        yield from _of_run(resource)


def _dataset(form: Value[str], compression: Value[str]) -> Dataset:
    return Dataset(mapped(form, _word), mapped(compression, _word))


def _word(text: str) -> str:
    """Return a format or media type as one word: `text/csv; header=present` is `csv`."""
    word = text.partition(";")[0].rpartition("/")[2].strip().casefold()
    return _NAMES.get(word, word)


def _of_own_spec(resource: Resource) -> Iterator[Dataset]:
    if resource.platform == "model_deployment":
        for one in (*resource.body.items("training", "datasets"), *resource.body.items("data")):
            yield _dataset(one.text("format"), one.text("compression"))


def _of_run(resource: Resource) -> Iterator[Dataset]:
    """Yield what a run reads: by the format that it declares, else by the ends of the names."""
    training, absent = resource.training, Absent(resource.location)
    if training is not None and not isinstance(training.dataset_format, Absent):
        if resource.platform != "model_deployment":
            yield _dataset(training.dataset_format, absent)
        return
    for link in resource.data:
        found = _SUFFIX.search(link.uri.value.casefold()) if isinstance(link.uri, Known) else None
        if found is not None and link.role == "data" and isinstance(link.uri, Known):
            form = Known(found[1], link.uri.location, link.uri.trail)
            yield Dataset(form, Known(found[2], form.location) if found[2] else absent)


def _table(body: Node, here: Location) -> Iterator[Dataset]:
    """Yield the format of a Glue table by its classification, else by the classes that read it."""
    classes = [
        body.text("storage_descriptor", "ser_de_info", "serialization_library"),
        body.text("storage_descriptor", "input_format"),
    ]
    table = first(body.text("parameters", "classification"), *map(_class, classes))
    compressed = body.flag("storage_descriptor", "compressed")
    stated = body.text("parameters", "compressionType")
    if isinstance(compressed, Known) and compressed.value:
        stated = Known("compressed", compressed.location)
    yield _dataset(table, stated)


def _class(name: Value[str]) -> Value[str]:
    if not isinstance(name, Known):
        return name
    folded = name.value.rpartition(".")[2].casefold()
    found = next((form for part, form in _CLASSES if part in folded), None)
    return Known(found, name.location, name.trail) if found else Absent(name.location)


def _stream(body: Node, here: Location) -> Iterator[Dataset]:
    """Yield what Firehose writes to S3: as it comes in, unless it is made columnar, and uncompressed by default."""
    target = body.get("extended_s3_configuration", 0)
    if target is None or isinstance(target.value, Unknown):
        return
    conversion = target.find("data_format_conversion_configuration")
    enabled = target.flag("data_format_conversion_configuration", "enabled")
    if isinstance(conversion, Known) and not (isinstance(enabled, Known) and not enabled.value):
        yield _dataset(Known("parquet", conversion.location), Absent(conversion.location))
        return
    compression = first(target.text("compression_format"), Known("none", target.location))
    yield _dataset(Absent(target.location), compression)


def _migrated(body: Node, here: Location) -> Iterator[Dataset]:
    """Yield what the Database Migration Service writes to S3: CSV without compression, by default."""
    settings = body.get("s3_settings", 0) or body
    form, compression = settings.text("data_format"), settings.text("compression_type")
    yield _dataset(first(form, Known("csv", here)), first(compression, Known("none", here)))


def _external_table(body: Node, here: Location) -> Iterator[Dataset]:
    source = ("external_data_configuration", 0)
    if body.get(*source):
        yield _dataset(body.text(*source, "source_format"), body.text(*source, "compression"))


def _extract(body: Node, here: Location) -> Iterator[Dataset]:
    """Yield what a BigQuery job extracts: CSV without compression, by default."""
    extract = body.get("extract", 0)
    if extract is not None and not isinstance(extract.value, Unknown):
        form, compression = extract.text("destination_format"), extract.text("compression")
        place = extract.location
        yield _dataset(first(form, Known("csv", place)), first(compression, Known("none", place)))


def _stated(form: str, *compression: str) -> Reader:
    """Return the reader of a type that is of one format, and says at this path how it is compressed."""

    def read(body: Node, here: Location) -> Iterator[Dataset]:
        yield _dataset(Known(form, here), first(body.text(*compression), Known("none", here)))

    return read


def _analytics(body: Node, here: Location) -> Iterator[Dataset]:
    yield _dataset(body.text("serialization", 0, "type"), Absent(here))


_READERS: Mapping[str, Reader] = {
    "aws_glue_catalog_table": _table,
    "aws_kinesis_firehose_delivery_stream": _stream,
    "aws_dms_s3_endpoint": _migrated,
    "google_bigquery_table": _external_table,
    "google_bigquery_job": _extract,
    "azurerm_data_factory_dataset_delimited_text": _stated("csv", "compression_codec"),
    "azurerm_stream_analytics_output_blob": _analytics,
}
