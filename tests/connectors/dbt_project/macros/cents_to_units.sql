{% macro cents_to_units(column, places=2) -%}
    round({{ column }} / {{ hundred() }}, {{ places }})
{%- endmacro %}

{% macro hundred() %}100.0{% endmacro %}
