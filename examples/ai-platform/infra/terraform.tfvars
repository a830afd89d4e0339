environment = "prod"

fleets = {
  pretrain = {
    instance_type = "p4d.24xlarge"
    size          = 2
    spot          = true
  }
  finetune = {
    instance_type = "g5.12xlarge"
    size          = 3
    spot          = true
    checkpoints   = "s3://acme-checkpoints/finetune"
  }
}
