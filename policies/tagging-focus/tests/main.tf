provider "aws" {
  region = "us-east-1"
  default_tags {
    tags = { application = "ranking", BusinessUnit = "retail" }
  }
}

resource "aws_instance" "train" {
  instance_type = "g5.xlarge"
  tags = {
    owner       = "search-team"
    cost-center = "tbd"
#                 ^^^^^ invalid-tag: tag cost-center is "tbd", not like (?i)^[a-z]*[-_ ]?[0-9]+$
    environment = "Prod"
#                 ^^^^^^ invalid-tag: tag environment is "Prod", not dev, development, test, qa, stage, staging, prod, production or sandbox
  }
  volume_tags = {
    owner       = "search-team"
    cost-center = "tbd"
    environment = "Prod"
  }
}

resource "aws_ecs_service" "serve" {
  name = "serve"
  tags = {
# ^^^^ unpropagated-tag: tags BusinessUnit, application, cost-center, environment and owner do not reach the tasks: set propagate_tags = "SERVICE"
    owner       = "search-team"
    cost-center = "cc-1042"
    environment = "prod"
  }
}
