resource "aws_sagemaker_model" "ranker" {
  name               = "${local.name}-ranker"
  execution_role_arn = "arn:aws:iam::111122223333:role/sagemaker"

  primary_container {
    image          = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.6.0-gpu-py312"
    model_data_url = "s3://acme-checkpoints/ranker/model.tar.gz"
  }
}

resource "aws_sagemaker_endpoint_configuration" "ranker" {
  name = "${local.name}-ranker"

  production_variants {
    variant_name           = "primary"
    model_name             = aws_sagemaker_model.ranker.name
    instance_type          = "ml.g5.2xlarge"
    initial_instance_count = 2
  }
}

resource "aws_sagemaker_endpoint" "ranker" {
  name                 = "${local.name}-ranker"
  endpoint_config_name = aws_sagemaker_endpoint_configuration.ranker.name
}
