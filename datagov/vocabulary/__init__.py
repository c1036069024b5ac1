"""The words of the field as data files: categories, terms, needs; in English and 简体中文."""
