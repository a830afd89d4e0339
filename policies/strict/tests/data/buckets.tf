resource "aws_s3_bucket" "landing" {
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ missing-tag: tags cost-center, environment and owner are missing
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ unpriced-share: 3 of 5 resources that cost money have no price (60 %, at most 10 % may): 1 aws_cloudwatch_log_group, 1 aws_s3_bucket and 1 google_storage_bucket
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ raw-data-without-expiry: "landing" data is kept for ever: let it expire
  bucket = "acme-landing"
}

resource "google_storage_bucket" "backups" {
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ missing-tag: labels cost-center, environment and owner are missing
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ no-storage-tiering: "backups" data never moves to a colder storage class: move it by age or by use
  name     = "acme-backups"
  location = "europe-west4"
}
