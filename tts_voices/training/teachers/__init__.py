"""Programs that speak, from which the embedded voices learn; each gives sound and its symbols."""
