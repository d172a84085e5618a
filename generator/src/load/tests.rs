//! What loading makes of catalogues, whole and broken.
