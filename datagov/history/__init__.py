"""What outlives a night: the digest of its evidence, kept outside the evidence, and whether the two still agree."""
