locals {
  name = "ai-platform-${var.environment}"
}

module "fleet" {
  source   = "./modules/gpu-fleet"
  for_each = var.fleets

  name          = "${local.name}-${each.key}"
  instance_type = each.value.instance_type
  size          = each.value.size
  spot          = each.value.spot
  checkpoints   = each.value.checkpoints
  dataset       = aws_s3_bucket.corpus.id
}

# An interactive machine for the research group.
resource "aws_instance" "workbench" {
  ami           = data.aws_ami.deep_learning.id
  instance_type = "g5.2xlarge"

  root_block_device {
    volume_type = "gp3"
    volume_size = 200
  }

  tags = {
    Name    = "${local.name}-workbench"
    purpose = "notebook"
  }
}

data "aws_ami" "deep_learning" {
  most_recent = true
  owners      = ["amazon"]

  filter {
    name   = "name"
    values = ["Deep Learning OSS Nvidia Driver AMI GPU PyTorch *"]
  }
}
