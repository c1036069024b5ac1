"""The adapters that read sources: databases, pipeline folders, contracts. Found by entry point only."""
