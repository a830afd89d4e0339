resource "aws_s3_bucket" "landing" {
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ raw-data-without-expiry: "landing" data is kept for ever: let it expire
  bucket = "acme-landing"
}

resource "google_storage_bucket" "backups" {
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ no-storage-tiering: "backups" data never moves to a colder storage class: move it by age or by use
  name     = "acme-backups"
  location = "europe-west4"
}
