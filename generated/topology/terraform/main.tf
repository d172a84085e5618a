# Streams, users and permissions of the catalogue "shop".
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
  default     = "shop"
}

variable "passwords" {
  description = "The password of each service's user, by name of the service."
  type        = map(string)
  sensitive   = true
}

locals {
  streams = {
    "order.placed.v1" = {
      partitions  = 3
      arguments   = { "x-max-age" = "7D", "x-max-length-bytes" = 5000000000, "x-queue-type" = "stream", "x-stream-max-segment-size-bytes" = 50000000 }
      dead_letter = { "x-max-age" = "30D", "x-queue-type" = "stream", "x-stream-max-segment-size-bytes" = 50000000 }
    }
    "orders" = {
      partitions  = 6
      arguments   = { "x-max-age" = "30D", "x-max-length-bytes" = 20000000000, "x-queue-type" = "stream", "x-stream-max-segment-size-bytes" = 50000000 }
      dead_letter = { "x-max-age" = "90D", "x-queue-type" = "stream", "x-stream-max-segment-size-bytes" = 50000000 }
    }
    "payment.captured.v1" = {
      partitions  = 3
      arguments   = { "x-max-age" = "100D", "x-max-length-bytes" = 10000000000, "x-queue-type" = "stream", "x-stream-max-segment-size-bytes" = 50000000 }
      dead_letter = { "x-max-age" = "180D", "x-queue-type" = "stream", "x-stream-max-segment-size-bytes" = 50000000 }
    }
    "payments" = {
      partitions  = 6
      arguments   = { "x-max-age" = "100D", "x-max-length-bytes" = 20000000000, "x-queue-type" = "stream", "x-stream-max-segment-size-bytes" = 50000000 }
      dead_letter = { "x-max-age" = "180D", "x-queue-type" = "stream", "x-stream-max-segment-size-bytes" = 50000000 }
    }
    "reservations" = {
      partitions  = 6
      arguments   = { "x-max-age" = "30D", "x-max-length-bytes" = 10000000000, "x-queue-type" = "stream", "x-stream-max-segment-size-bytes" = 50000000 }
      dead_letter = { "x-max-age" = "90D", "x-queue-type" = "stream", "x-stream-max-segment-size-bytes" = 50000000 }
    }
    "returns" = {
      partitions  = 3
      arguments   = { "x-max-age" = "60D", "x-max-length-bytes" = 5000000000, "x-queue-type" = "stream", "x-stream-max-segment-size-bytes" = 50000000 }
      dead_letter = { "x-max-age" = "90D", "x-queue-type" = "stream", "x-stream-max-segment-size-bytes" = 50000000 }
    }
    "shipment.dispatched.v1" = {
      partitions  = 3
      arguments   = { "x-max-age" = "7D", "x-max-length-bytes" = 5000000000, "x-queue-type" = "stream", "x-stream-max-segment-size-bytes" = 50000000 }
      dead_letter = { "x-max-age" = "30D", "x-queue-type" = "stream", "x-stream-max-segment-size-bytes" = 50000000 }
    }
    "shipments" = {
      partitions  = 6
      arguments   = { "x-max-age" = "60D", "x-max-length-bytes" = 20000000000, "x-queue-type" = "stream", "x-stream-max-segment-size-bytes" = 50000000 }
      dead_letter = { "x-max-age" = "90D", "x-queue-type" = "stream", "x-stream-max-segment-size-bytes" = 50000000 }
    }
    "stock" = {
      partitions  = 12
      arguments   = { "x-max-age" = "14D", "x-max-length-bytes" = 50000000000, "x-queue-type" = "stream", "x-stream-max-segment-size-bytes" = 50000000 }
      dead_letter = { "x-max-age" = "14D", "x-queue-type" = "stream", "x-stream-max-segment-size-bytes" = 50000000 }
    }
    "stock.counted.v1" = {
      partitions  = 3
      arguments   = { "x-max-age" = "14D", "x-max-length-bytes" = 5000000000, "x-queue-type" = "stream", "x-stream-max-segment-size-bytes" = 50000000 }
      dead_letter = { "x-max-age" = "30D", "x-queue-type" = "stream", "x-stream-max-segment-size-bytes" = 50000000 }
    }
  }

  users = {
    "customer-mail" = {
      configure = "^$"
      write     = "^(orders\\.dlq|payments\\.dlq|returns\\.dlq|shipments\\.dlq)$"
      read      = "^((orders|payments|returns|shipments)(-[0-9]+)?|orders\\.dlq|payments\\.dlq|returns\\.dlq|shipments\\.dlq)$"
    }
    "inventory-service" = {
      configure = "^$"
      write     = "^((reservations|stock|stock\\.counted\\.v1)(-[0-9]+)?|orders\\.dlq|payments\\.dlq|shipments\\.dlq)$"
      read      = "^((orders|payments|reservations|shipments|stock|stock\\.counted\\.v1)(-[0-9]+)?|orders\\.dlq|payments\\.dlq|shipments\\.dlq)$"
    }
    "ledger-export" = {
      configure = "^$"
      write     = "^(payment\\.captured\\.v1\\.dlq|payments\\.dlq|returns\\.dlq)$"
      read      = "^((payment\\.captured\\.v1|payments|returns)(-[0-9]+)?|payment\\.captured\\.v1\\.dlq|payments\\.dlq|returns\\.dlq)$"
    }
    "merchant-portal" = {
      configure = "^$"
      write     = "^(order\\.placed\\.v1\\.dlq|shipment\\.dispatched\\.v1\\.dlq)$"
      read      = "^((order\\.placed\\.v1|shipment\\.dispatched\\.v1)(-[0-9]+)?|order\\.placed\\.v1\\.dlq|shipment\\.dispatched\\.v1\\.dlq)$"
    }
    "order-history" = {
      configure = "^$"
      write     = "^(orders\\.dlq|payments\\.dlq|returns\\.dlq|shipments\\.dlq)$"
      read      = "^((orders|payments|returns|shipments)(-[0-9]+)?|orders\\.dlq|payments\\.dlq|returns\\.dlq|shipments\\.dlq)$"
    }
    "order-service" = {
      configure = "^$"
      write     = "^((order\\.placed\\.v1|orders)(-[0-9]+)?|payments\\.dlq|reservations\\.dlq|shipments\\.dlq)$"
      read      = "^((order\\.placed\\.v1|orders|payments|reservations|shipments)(-[0-9]+)?|payments\\.dlq|reservations\\.dlq|shipments\\.dlq)$"
    }
    "payment-service" = {
      configure = "^$"
      write     = "^((payment\\.captured\\.v1|payments)(-[0-9]+)?|orders\\.dlq|reservations\\.dlq|shipments\\.dlq)$"
      read      = "^((orders|payment\\.captured\\.v1|payments|reservations|shipments)(-[0-9]+)?|orders\\.dlq|reservations\\.dlq|shipments\\.dlq)$"
    }
    "replenishment" = {
      configure = "^$"
      write     = "^(reservations\\.dlq|stock\\.counted\\.v1\\.dlq|stock\\.dlq)$"
      read      = "^((reservations|stock|stock\\.counted\\.v1)(-[0-9]+)?|reservations\\.dlq|stock\\.counted\\.v1\\.dlq|stock\\.dlq)$"
    }
    "returns-service" = {
      configure = "^$"
      write     = "^(returns(-[0-9]+)?|orders\\.dlq|payments\\.dlq|shipments\\.dlq)$"
      read      = "^((orders|payments|returns|shipments)(-[0-9]+)?|orders\\.dlq|payments\\.dlq|shipments\\.dlq)$"
    }
    "shipping-service" = {
      configure = "^$"
      write     = "^((shipment\\.dispatched\\.v1|shipments)(-[0-9]+)?|orders\\.dlq|reservations\\.dlq|returns\\.dlq)$"
      read      = "^((orders|reservations|returns|shipment\\.dispatched\\.v1|shipments)(-[0-9]+)?|orders\\.dlq|reservations\\.dlq|returns\\.dlq)$"
    }
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
