provider "aws" {
  region = "us-east-1"

  default_tags {
    tags = { owner = "research", cost-center = "cc-1042" }
  }
}

resource "aws_instance" "prepare" {
  instance_type = "m7i.8xlarge"
#                 ^^^^^^^^^^^^^ over-provisioned: m7i.8xlarge used at most 7 % of its processors and 9 % of its memory in 95 % of 144 samples: m7i.xlarge would do, which saves $1,030 a month
}
