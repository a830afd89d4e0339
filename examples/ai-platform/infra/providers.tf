terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }

  backend "s3" {
    bucket = "acme-terraform-state"
    key    = "ai-platform/terraform.tfstate"
    region = "us-east-1"
  }
}

# Everything that this provider makes is attributed, unless a resource says otherwise.
provider "aws" {
  region = var.region

  default_tags {
    tags = {
      owner       = "ml-platform@example.com"
      cost-center = "cc-1042"
      environment = var.environment
    }
  }
}

# The second region was added in a hurry: nothing that it makes can be charged to anybody.
provider "aws" {
  alias  = "eu"
  region = "eu-west-1"
}
