{%- set methods = ['card', 'wallet'] -%}
select
    customer_id,
{%- for method in methods %}
    sum(case when method = '{{ method }}' then amount end) as {{ method }}_amount{{ ',' if not loop.last }}
{%- endfor %}
from {{ ref('stg_payment') }}
group by customer_id
