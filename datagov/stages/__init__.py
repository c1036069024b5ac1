"""The stages of the night, one file each: what the supervisor asks of the workers and what it lands as facts."""
