"""The core rule pack: one YAML file per rule, for any platform; found through ``datagov.rulepacks``."""
