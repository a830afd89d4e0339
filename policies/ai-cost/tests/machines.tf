provider "aws" {
  region = "us-east-1"

  default_tags {
    tags = { owner = "research", cost-center = "cc-1042" }
  }
}

resource "aws_instance" "prepare" {
  instance_type = "m4.2xlarge"
#                 ^^^^^^^^^^^^ previous-generation: m4.2xlarge is of a previous generation: take m6i.2xlarge, which saves $11.68 a month
}

resource "aws_sagemaker_notebook_instance" "research" {
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ idle-notebook: nothing stops this notebook when it is idle: set lifecycle_config_name to one with an idle script, which saves $780 a month at 176 hours of use
  name          = "research"
  role_arn      = "arn:aws:iam::123456789012:role/notebook"
  instance_type = "ml.g5.xlarge"
}

resource "aws_sagemaker_notebook_instance" "fine" {
  name                  = "fine"
  role_arn              = "arn:aws:iam::123456789012:role/notebook"
  instance_type         = "ml.g5.xlarge"
  lifecycle_config_name = "stop-when-idle"
}

resource "aws_ebs_volume" "corpus" {
  availability_zone = "us-east-1a"
  type              = "gp2"
#                     ^^^^^ previous-generation-volume: gp2 is of a previous generation: take gp3, which saves $15.00 a month
  size              = 1000
  tags              = { owner = "ml", cost-center = "cc-1042" }
}
