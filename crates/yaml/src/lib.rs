//! Placeholder of the room `yaml`.
