"""``python -m datagov`` is the ``datagov`` command."""

from datagov.cli import main

if __name__ == "__main__":
    main()
