//! `tidings relay` as an operator meets it: a process with settings, signals, logs and health, between real servers.
