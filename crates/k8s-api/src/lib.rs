//! What a Kubernetes object is: types, YAML in and out, defaulting, validation.
