//! Placeholder of the room `cel`.
