provider "aws" {
  region = "us-east-1"
}

resource "aws_ecs_service" "serve" {
  name = "serve"
  tags = {
# ^^^^ unpropagated-tag: tags cost-center, environment and owner do not reach the tasks: set propagate_tags = "SERVICE"
    owner       = "search-team"
    cost-center = "CC-1042"
#                 ^^^^^^^^^ invalid-tag: tag cost-center is "CC-1042", which is not in lower case
    environment = "prod"
  }
}

resource "aws_sagemaker_endpoint_configuration" "chat" {
#^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ no-drift-monitoring: nothing watches whether this model gets worse: collect what goes in and out, or say what does in a tag drift-monitoring
  name = "chat"
  production_variants {
    model_name    = "chat"
    instance_type = "ml.m5.xlarge"
  }
  tags = {
# ^^^^ unattributed-inference: this served model has no tag use-case
    owner       = "search-team"
    cost-center = "cc-1042"
    environment = "prod"
  }
}
