# The training corpus: raw crawls, kept for ever because no life cycle says otherwise.
resource "aws_s3_bucket" "corpus" {
  provider = aws.eu
  bucket   = "acme-corpus"
}

resource "aws_s3_bucket" "checkpoints" {
  bucket = "acme-checkpoints"
}

resource "aws_s3_bucket_lifecycle_configuration" "checkpoints" {
  bucket = aws_s3_bucket.checkpoints.id

  rule {
    id     = "expire"
    status = "Enabled"

    expiration {
      days = 30
    }
  }
}
