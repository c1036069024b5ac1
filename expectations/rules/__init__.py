"""The core rule pack: one YAML file per rule, for any platform. Found through the ``datagov.rulepacks`` entry points."""
