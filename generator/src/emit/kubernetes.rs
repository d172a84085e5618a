//! `topology/kubernetes/`: manifests for RabbitMQ's messaging topology operator.
//!
//! The operator's `SuperStream` has no field for retention and is still `v1alpha1`, so a stream is written as the
//! exchange, queues and bindings it consists of. Deleting a manifest never deletes data: virtual host and queues are
//! retained. The cluster is expected under the catalogue's name in the same namespace; patch the reference with
//! kustomize where it differs.
//!
//! Credentials come from a secret per service, `SERVICE-credentials`, with the keys `username` (the service's
//! name) and `password` or `passwordHash`, and the label `rabbitmq.com/topology-operator: "true"`.
//! It is not written here.

mod name;

use rayon::prelude::*;
use serde_json::{Value, json};

use crate::emit::{EmitError, OutFile, Target, Templates, yaml};
use crate::event_cache::EventCache;
use crate::model::Model;
use crate::topology::{SuperStream, Topology, User};
use name::resource_name;

/// The target.
#[derive(Debug)]
pub(super) struct Kubernetes;

impl Target for Kubernetes {
    fn name(&self) -> &'static str {
        "kubernetes"
    }

    fn about(&self) -> &'static str {
        "manifests for RabbitMQ's messaging topology operator"
    }

    fn emit(&self, model: &Model, _: &Templates, cache: &EventCache<'_>) -> Result<Vec<OutFile>, EmitError> {
        let topology = Topology::of(model);
        let place = Place { vhost: &topology.virtual_host, cluster: resource_name(&model.name) };
        let mut files = vec![("virtual-host.yaml".to_owned(), vec![place.virtual_host()])];
        for stream in &topology.streams {
            files.push((format!("stream.{}.yaml", resource_name(&stream.name)), place.stream(stream)));
        }
        for user in &topology.users {
            files.push((format!("user.{}.yaml", resource_name(&user.name)), place.user(user)));
        }
        let kustomization = json!({
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": files.iter().map(|(file, _)| file.as_str()).collect::<Vec<_>>(),
        });
        files.push(("kustomization.yaml".to_owned(), vec![kustomization]));
        let write = |(file, documents): (String, Vec<Value>)| {
            let path = format!("topology/kubernetes/{file}");
            let documents = Value::Array(documents);
            let text = cache.made_of(&["kubernetes", &documents.to_string()], || yaml_stream(&path, &documents))?;
            OutFile::new(path, text)
        };
        files.into_par_iter().map(write).collect()
    }
}

/// The documents of one file.
fn yaml_stream(path: &str, documents: &Value) -> Result<String, EmitError> {
    let written: Result<Vec<_>, _> = documents.as_array().into_iter().flatten().map(yaml::to_string).collect();
    Ok(written.map_err(|cause| EmitError::Yaml { path: path.to_owned(), cause })?.join("---\n"))
}

/// Where all resources belong.
struct Place<'a> {
    vhost: &'a str,
    cluster: String,
}

impl Place<'_> {
    fn virtual_host(&self) -> Value {
        self.resource("Vhost", self.vhost, json!({ "name": self.vhost, "deletionPolicy": "retain" }))
    }

    fn stream(&self, stream: &SuperStream) -> Vec<Value> {
        let exchange = stream.exchange();
        let exchange = self.resource(
            "Exchange",
            &exchange.name,
            json!({
                "name": exchange.name,
                "vhost": self.vhost,
                "type": "direct",
                "durable": true,
                "autoDelete": false,
                "arguments": exchange.arguments,
            }),
        );
        let queues = stream.queues().map(|queue| {
            self.resource(
                "Queue",
                &queue.name,
                json!({
                    "name": queue.name,
                    "vhost": self.vhost,
                    "type": "stream",
                    "durable": true,
                    "autoDelete": false,
                    "deletionPolicy": "retain",
                    "arguments": queue.arguments,
                }),
            )
        });
        let bindings = stream.bindings().map(|binding| {
            self.resource(
                "Binding",
                &binding.destination,
                json!({
                    "vhost": self.vhost,
                    "source": binding.source,
                    "destination": binding.destination,
                    "destinationType": "queue",
                    "routingKey": binding.routing_key,
                    "arguments": binding.arguments,
                }),
            )
        });
        std::iter::once(exchange).chain(queues).chain(bindings).collect()
    }

    fn user(&self, user: &User) -> Vec<Value> {
        let name = resource_name(&user.name);
        let secret = resource_name(&format!("{}-credentials", user.name));
        vec![
            self.resource("User", &user.name, json!({ "importCredentialsSecret": { "name": secret } })),
            self.resource(
                "Permission",
                &user.name,
                json!({
                    "vhost": self.vhost,
                    "userReference": { "name": name },
                    "permissions": { "configure": user.configure, "write": user.write, "read": user.read },
                }),
            ),
        ]
    }

    /// One resource called `name` as far as Kubernetes allows.
    fn resource(&self, kind: &str, name: &str, mut spec: Value) -> Value {
        spec["rabbitmqClusterReference"] = json!({ "name": self.cluster });
        json!({
            "apiVersion": "rabbitmq.com/v1beta1",
            "kind": kind,
            "metadata": { "name": resource_name(name) },
            "spec": spec,
        })
    }
}
