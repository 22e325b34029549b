//! Placeholder of the room `collect`.
