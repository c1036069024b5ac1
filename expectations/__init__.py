"""The rules: one file each, executed by Great Expectations over the facts of a run or inside the source itself."""
