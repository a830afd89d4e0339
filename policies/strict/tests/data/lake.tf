resource "aws_cloudwatch_log_group" "train" {
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ missing-tag: tags cost-center, environment and owner are missing
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ unbounded-log-retention: this log group keeps its logs for ever: set retention_in_days
  name = "/ml/train"
}

resource "aws_glue_catalog_table" "clicks" {
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ unpartitioned-table: each query reads all of this table: partition it by partition_keys
  name          = "clicks"
  database_name = "features"
}
