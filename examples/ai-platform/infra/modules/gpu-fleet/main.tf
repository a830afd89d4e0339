resource "aws_instance" "gpu" {
  count = var.size

  ami           = "ami-0c7217cdde317cfec"
  instance_type = var.instance_type

  dynamic "instance_market_options" {
    for_each = var.spot ? [1] : []

    content {
      market_type = "spot"
    }
  }

  user_data = <<-EOT
    #!/bin/bash
    export DATASET=s3://${var.dataset}/train
    export CHECKPOINTS=${coalesce(var.checkpoints, "/tmp/checkpoints")}
    torchrun --nproc-per-node gpu train.py
  EOT

  tags = {
    Name    = "${var.name}-${count.index}"
    purpose = "training"
  }
}
