//! Tests of the expression language: one program, so that it is linked once.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests may panic as tests do")]

mod basics;
mod binding;
mod compared;
mod garbage;
mod kubernetes;
mod recorded;
mod specification;
mod textproto;
