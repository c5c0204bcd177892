"""Leaky ReLU beside its peers: what the demonstration and bench/ share."""
