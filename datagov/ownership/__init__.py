"""Who owns what: the registers people keep, and assertions of several sources resolved to assignments."""
