//! Placeholder of the room `catalog`.
