"""tmp"""


def run(*a, **k):
    pass


def query(*a):
    pass
