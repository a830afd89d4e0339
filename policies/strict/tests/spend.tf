provider "aws" {
  region = "us-east-1"

  default_tags {
    tags = { owner = "research", cost-center = "cc-1042", environment = "prod" }
  }
}

provider "google" {
  region = "us-central1"

  default_labels = { owner = "research", cost-center = "cc-1042", environment = "prod" }
}

resource "aws_instance" "train" {
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ on-demand-interruptible: on demand, although it survives interruptions (checkpoints to s3://acme-checkpoints/rank): spot saves $2,236 a month
  instance_type = "g5.12xlarge"
  user_data     = "torchrun train.py --checkpoint-dir s3://acme-checkpoints/rank"
}

resource "aws_ec2_capacity_reservation" "idle" {
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ costly-resource: $12,422 a month, over the $10,000 for one resource
  instance_type     = "g5.12xlarge"
  instance_platform = "Linux/UNIX"
  availability_zone = "us-east-1a"
  instance_count    = 3
#                     ^ overcommitted: 3 x g5.12xlarge reserved, at most 1 of them run: $8,281 a month for nothing
}

resource "google_container_node_pool" "training" {
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ costly-resource: $42,925 a month, over the $10,000 for one resource; most of it: a2-highgpu-8g (on demand) $42,905
  cluster        = "ml"
  location       = "us-central1"
  node_locations = ["us-central1-a", "us-central1-b"]
#                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ cross-zone-traffic: machines of one training run are spread over 2 zones: what they exchange is charged and slow
  node_count     = 1

  node_config {
    machine_type    = "a2-highgpu-8g"
    resource_labels = { owner = "research", cost-center = "cc-1042", environment = "prod" }
  }
}

resource "google_container_node_pool" "wide" {
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ costly-resource: $0.00 to $117,249 a month, over the $10,000 for one resource; most of it: g2-standard-48 (on demand) $116,849
  cluster  = "ml"
  location = "us-central1-a"

  autoscaling {
    min_node_count = 0
    max_node_count = 40
#                    ^^ uncapped-autoscaling: may scale to 40: $0.00 to $117,249 a month, over $20,000
  }

  node_config {
    machine_type    = "g2-standard-48"
    resource_labels = { owner = "research", cost-center = "cc-1042", environment = "prod" }
  }
}

resource "aws_lb" "images" {
  tags = { egress-gib-per-month = "20000" }
#                                 ^^^^^^^ egress-heavy-serving: 20000 GiB a month to the internet at $0.09 per GB: $1,800, over $100
}

resource "aws_bedrockagent_agent" "support" {
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ uncapped-hosted-model: a model of Bedrock without a limit: nothing in the repository sets a budget or a service quota for it
  agent_name              = "support"
  agent_resource_role_arn = "arn:aws:iam::123456789012:role/agent"
  foundation_model        = "anthropic.claude-3-5-sonnet-20241022-v2:0"
}

resource "aws_instance" "trial" {
  instance_type = "g5.xlarge"
  tags          = { stage = "poc" }
#                           ^^^^^ poc-without-cap: poc without an end and a limit of what it may cost: tag it with end-date and give it a budget
}
