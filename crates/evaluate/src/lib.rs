//! Placeholder of the room `evaluate`.
