//! Placeholder of the room `verify`.
