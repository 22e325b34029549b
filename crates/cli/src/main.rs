//! `nachweis`
fn main() {}
