resource "aws_eks_cluster" "this" {
  name     = local.name
  role_arn = "arn:aws:iam::111122223333:role/eks-cluster"

  vpc_config {
    subnet_ids = ["subnet-0a1b2c3d", "subnet-4e5f6a7b"]
  }
}

resource "aws_eks_node_group" "gpu" {
  cluster_name    = aws_eks_cluster.this.name
  node_group_name = "gpu"
  node_role_arn   = "arn:aws:iam::111122223333:role/eks-node"
  subnet_ids      = ["subnet-0a1b2c3d", "subnet-4e5f6a7b"]
  capacity_type   = "ON_DEMAND"
  instance_types  = ["g6.12xlarge"]

  scaling_config {
    min_size     = 1
    desired_size = 2
    max_size     = 4
  }
}
