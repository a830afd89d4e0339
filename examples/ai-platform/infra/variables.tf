variable "region" {
  type    = string
  default = "us-east-1"
}

variable "environment" {
  type = string

  validation {
    condition     = contains(["dev", "stage", "prod"], var.environment)
    error_message = "The environment is dev, stage or prod."
  }
}

variable "fleets" {
  description = "GPU fleets for training, by name."
  type = map(object({
    instance_type = string
    size          = number
    spot          = optional(bool, false)
    checkpoints   = optional(string)
  }))
}
