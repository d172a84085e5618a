# Streams, users and permissions of the catalogue "{{ virtual_host }}".
#
# Written by `cargo xtask gen` from the catalogue; change it there. Passwords are not part of a catalogue: give them in
# `passwords`, from a secret store. A stream's data is as precious as a database's, so nothing here is destroyed by
# `terraform apply`; to remove a stream, take it out of the state first (`terraform state rm`) and delete it by hand.

terraform {
  required_providers {
    rabbitmq = {
      source  = "cyrilgdn/rabbitmq"
      version = ">= 1.10.0"
    }
  }
}

variable "virtual_host" {
  description = "The virtual host to create; one per environment where several share a broker."
  type        = string
  default     = "{{ virtual_host }}"
}

variable "passwords" {
  description = "The password of each service's user, by name of the service."
  type        = map(string)
  sensitive   = true
}

locals {
  streams = {
{%- for stream in streams %}
    "{{ stream.name }}" = {
      partitions  = {{ stream.partitions }}
      arguments   = {{ stream.arguments | safe }}
      dead_letter = {{ stream.dead_letter | safe }}
    }
{%- endfor %}
  }

  users = {
{%- for user in users %}
    "{{ user.name }}" = {
      configure = "{{ user.configure }}"
      write     = "{{ user.write }}"
      read      = "{{ user.read }}"
    }
{%- endfor %}
  }

  partitions = merge([
    for name, stream in local.streams : {
      for partition in range(stream.partitions) : "${name}-${partition}" => {
        stream    = name
        partition = partition
        arguments = stream.arguments
      }
    }
  ]...)

  dead_letters = {
    for name, stream in local.streams : "${name}.dlq" => stream.dead_letter if stream.dead_letter != null
  }
}

resource "rabbitmq_vhost" "this" {
  name = var.virtual_host
}

resource "rabbitmq_user" "service" {
  for_each = local.users

  name     = each.key
  password = var.passwords[each.key]
}

resource "rabbitmq_permissions" "service" {
  for_each = local.users

  user  = rabbitmq_user.service[each.key].name
  vhost = rabbitmq_vhost.this.name

  permissions {
    configure = each.value.configure
    write     = each.value.write
    read      = each.value.read
  }
}

# The provider passes an exchange's arguments as text. RabbitMQ finds the partitions by their bindings either way.
resource "rabbitmq_exchange" "stream" {
  for_each = local.streams

  name  = each.key
  vhost = rabbitmq_vhost.this.name

  settings {
    type        = "direct"
    durable     = true
    auto_delete = false
    arguments   = { "x-super-stream" = "true" }
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "rabbitmq_queue" "partition" {
  for_each = local.partitions

  name  = each.key
  vhost = rabbitmq_vhost.this.name

  settings {
    durable        = true
    auto_delete    = false
    arguments_json = jsonencode(each.value.arguments)
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "rabbitmq_binding" "partition" {
  for_each = local.partitions

  source           = rabbitmq_exchange.stream[each.value.stream].name
  vhost            = rabbitmq_vhost.this.name
  destination      = rabbitmq_queue.partition[each.key].name
  destination_type = "queue"
  routing_key      = tostring(each.value.partition)
  arguments_json   = jsonencode({ "x-stream-partition-order" = each.value.partition })
}

resource "rabbitmq_queue" "dead_letter" {
  for_each = local.dead_letters

  name  = each.key
  vhost = rabbitmq_vhost.this.name

  settings {
    durable        = true
    auto_delete    = false
    arguments_json = jsonencode(each.value)
  }

  lifecycle {
    prevent_destroy = true
  }
}
