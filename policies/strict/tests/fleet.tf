provider "aws" {
  region = "us-east-1"

  default_tags {
    tags = {
      CostCenter = "cc-1042"
    }
  }
}

resource "aws_s3_bucket" "corpus" {
  provider = aws.eu
  bucket   = "acme-corpus"
  tags     = { owner = "research" }
# ^^^^ missing-tag: tags cost-center and environment are missing
}

provider "aws" {
  alias  = "eu"
  region = "eu-west-1"
}

resource "aws_eks_node_group" "gpu" {
  cluster_name    = "ml"
  node_group_name = "gpu"
  node_role_arn   = "arn:aws:iam::123456789012:role/nodes"
  subnet_ids      = ["subnet-1"]
  instance_types  = ["g5.xlarge"]
  capacity_type   = "SPOT"
#                   ^^^^^^ spot-without-fallback: spot capacity with nothing to fall back on: add on-demand capacity beside or behind it

  scaling_config {
    min_size     = 1
    max_size     = 4
    desired_size = 2
  }

  tags = { owner = "platform", environment = "prod" }
# ^^^^ unpropagated-tag: tags CostCenter, environment and owner do not reach the machines of a node group: use a launch template with tag_specifications
}

resource "aws_instance" "try" {
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^ uncommitted-steady-load: 1 x g5.12xlarge in us-east-1 always on, on demand: committing (1 year, no upfront) saves $1,532 a month (37 %) and pays from month 8 on; 0 % of what always runs is covered
  instance_type = "g5.12xlarge"
#                 ^^^^^^^^^^^^^ disallowed-instance-type: 4 A10G accelerators in one machine; at most 1 are allowed in dev
  user_data     = "python try.py --data s3://acme-corpus/sample"
#                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ cross-region-data: reads s3://acme-corpus/sample in eu-west-1 from us-east-1, $0.02 per GB transferred
  tags          = { owner = "research", env = "dev" }
# ^^^^ missing-tag: tag environment is missing
# ^^^^ unpropagated-tag: tag owner does not reach the volumes: set volume_tags
}

resource "aws_instance" "fine" {
  instance_type = "g5.xlarge"
  tags          = { owner = "research", env = "dev" }
# ^^^^ missing-tag: tag environment is missing
# ^^^^ unpropagated-tag: tag owner does not reach the volumes: set volume_tags
}

# What is not known is no finding.
resource "aws_instance" "unknown" {
  instance_type = var.type
  tags          = var.tags
}

variable "type" {
  type = string
}

variable "tags" {
  type = map(string)
}
