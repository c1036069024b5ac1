"""Did the subject agree: consent ledgers turned into intervals, and rows judged as of their processing time."""
