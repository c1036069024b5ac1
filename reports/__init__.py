"""Reports of one run: functions ``render(evidence, *, language) -> bytes``, one file per format.

They read nothing but the run's facts, so equal evidence gives equal bytes: no clock, no path of the machine.
"""
