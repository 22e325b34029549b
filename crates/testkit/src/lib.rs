//! Placeholder of the room `testkit`.
