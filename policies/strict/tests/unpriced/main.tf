provider "aws" {
  region = "us-east-1"

  default_tags {
    tags = { owner = "research", cost-center = "cc-1042", environment = "prod" }
  }
}

variable "type" {
  type = string
}

resource "aws_instance" "unknown" {
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ unpriced-share: 3 of 3 resources that cost money have no price (100 %, at most 10 % may): 3 aws_instance
  count         = 3
  instance_type = var.type
}
