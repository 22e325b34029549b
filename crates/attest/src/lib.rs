//! Placeholder of the room `attest`.
