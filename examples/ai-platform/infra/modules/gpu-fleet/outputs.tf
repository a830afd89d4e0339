output "instance_ids" {
  value = aws_instance.gpu[*].id
}
