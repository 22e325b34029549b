//! Placeholder of the room `snapshot`.
