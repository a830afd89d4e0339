variable "name" {
  type = string
}

variable "instance_type" {
  type = string
}

variable "size" {
  type = number
}

variable "spot" {
  type    = bool
  default = false
}

variable "checkpoints" {
  description = "Where the runs of this fleet save their state."
  type        = string
  default     = null
}

variable "dataset" {
  description = "The bucket that the runs of this fleet read."
  type        = string
}
