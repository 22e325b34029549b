//! Placeholder of the room `oci`.
