//! Advice of practice: one file per lint.

pub mod invalid_example;
